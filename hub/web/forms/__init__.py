"""Hosted forms: pages that work without a script, and better with one."""
