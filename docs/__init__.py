"""The manual, and what builds it."""
