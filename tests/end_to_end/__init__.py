"""Browser tests: visitors and operators in a real Chromium, against a whole hub on a real database."""
