"""Measured, never timed tests: every figure is a ratio against a limit taken in the same run, where there is one."""
