"""The HTTP API, accounts, files and pages, against a real server and a real database."""
