"""A mail server and a webmail for the demo: a person writes to the hub and reads its answers without any account.

The hub reaches it as it reaches every mailbox, by IMAP and SMTP; only both servers stand in its own process.
"""
