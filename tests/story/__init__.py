"""Happenings: told by the stack, observed from outside."""
