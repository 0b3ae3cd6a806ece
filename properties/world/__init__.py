"""The world around a target: network, gateway, carrier, crashes, and what is seen of it."""
