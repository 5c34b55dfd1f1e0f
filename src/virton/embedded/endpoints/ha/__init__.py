"""The endpoints below `/cluster/ha`."""
