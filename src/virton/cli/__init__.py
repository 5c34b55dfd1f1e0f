"""The command `virton` and its verbs."""
