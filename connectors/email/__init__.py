"""E-mail: a mailbox that is read by IMAP and answered by SMTP."""
