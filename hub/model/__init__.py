"""What exists: pure models without any I/O."""
