"""Happenings to incidents, and incidents to those who want to know."""
