"""Real processes of the program on real databases, killed without warning."""
