"""What the history says, looked at closely. Reads everything, changes nothing of it."""
