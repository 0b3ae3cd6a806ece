"""The search for a violation: the world around a target, its drivers, and what pytest collects."""
