"""The demo project: sample people, channels and conversations, made when a database is empty."""
