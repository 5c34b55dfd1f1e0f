"""Benchmarks: ratios and growth, never a verdict by seconds."""
