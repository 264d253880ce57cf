"""Telegram: a bot's private chats, groups and business chats, by long polling or webhook."""
