"""What is suspicious. Reads everything, changes nothing of it."""
