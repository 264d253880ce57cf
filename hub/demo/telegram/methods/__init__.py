"""Every method of the Bot API that the simulator knows, by its name in lower case."""

from collections.abc import Mapping

from hub.demo.telegram.calls import Handler
from hub.demo.telegram.methods import account, callbacks, chats, edits, messages, updates

METHODS: Mapping[str, Handler] = {
    **account.METHODS, **callbacks.METHODS, **chats.METHODS, **edits.METHODS, **messages.METHODS, **updates.METHODS,
}  # fmt: skip
