"""What runs commands: the command line, the command of the user's that it starts, and what a demonstration shows."""
