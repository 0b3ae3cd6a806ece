"""A log as a target: what production recorded, read line by line, without running anything."""
