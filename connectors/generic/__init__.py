"""Generic: any system that can make an HTTP call."""
