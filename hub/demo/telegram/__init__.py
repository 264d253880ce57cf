"""A Telegram of our own: a Bot API server that behaves as documented, and the people who write to its bots.

Tests and the demo share it. The server (`server.py`) answers bots, `people.py` plays their customers, `journal.py`
remembers what was accepted. Facts and sources: https://core.telegram.org/bots/api and the source of
https://github.com/tdlib/telegram-bot-api, from which the limits, the order of checks and the error texts are taken.
"""
