"""Connectors: one folder for each kind of channel. Start with `connectors/base.py`."""
