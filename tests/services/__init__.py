"""What happens, against a real MongoDB."""
