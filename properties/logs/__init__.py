"""Checking a recorded log: no target, no search, one reading from beginning to end."""
