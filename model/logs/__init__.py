"""Recorded events of production against the table: what explains them, without any target."""
