"""What a correct order saga is. Pure: no I/O, no randomness, no pytest, no Hypothesis."""
