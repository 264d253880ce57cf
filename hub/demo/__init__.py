"""The demo: a sample project, its shop page and its conversations."""
