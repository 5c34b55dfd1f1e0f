"""What answers each of the console's paths."""
