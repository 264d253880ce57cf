"""The bridge: a bot that already exists keeps its program and its updates, and the hub comes beside it.

Every update is reported to the hub; the bot's own answers are recorded there; `escalate` hands a chat to operators.
While people have a chat the bot's handlers are not called, and the hub sends what operators write. For aiogram see
`connectors.telegram.bridge.for_aiogram`, for python-telegram-bot `connectors.telegram.bridge.for_ptb`.
"""

from connectors.telegram.bridge.client import HubBridge

__all__ = ["HubBridge"]
