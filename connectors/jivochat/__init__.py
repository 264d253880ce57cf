"""JivoChat, in three roles: our bot in its chats, its events as ours, and its agents as the people of our contacts."""
