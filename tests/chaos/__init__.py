"""The crash test: load through web chat while hub and database are killed, and a checker that trusts neither."""
