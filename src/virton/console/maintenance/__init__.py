"""Maintenance, guided: one operation at a time, kept in the data folder, known to every browser."""
