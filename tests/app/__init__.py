"""Tests of the app: the hub as a process."""
