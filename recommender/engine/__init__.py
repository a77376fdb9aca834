"""What to run next: from known runs in the unit cube to a batch of proposals."""
