"""Targets: sagas that can be verified, and what loads one."""
