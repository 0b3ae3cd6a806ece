"""A user's target without one of its safeguards, taken away from outside, and what notices it."""
