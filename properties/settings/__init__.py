"""The settings of a run: what may be set, where it may stand, and what is in force."""
