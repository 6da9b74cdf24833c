"""What does not add up, what could cause it, what to do next."""
