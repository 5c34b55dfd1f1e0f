"""The endpoints below `/access`."""
