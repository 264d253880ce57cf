"""What happens: one file per verb a user would name."""
