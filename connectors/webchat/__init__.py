"""Web chat: visitors of a page, through the widget or any client that speaks `docs/protocol.md` section 5."""
