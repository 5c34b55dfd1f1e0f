"""A node that goes wrong on demand, and the console before it."""
