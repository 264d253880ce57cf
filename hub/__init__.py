"""Switchboard: a hub for customer conversations."""
