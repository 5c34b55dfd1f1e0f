"""Characters for texts at random."""

from hypothesis import strategies as st

any_character = st.characters(exclude_categories=["Cs"])
"""What UTF-8 can write. `st.text()` draws from the same, but first tries a million characters."""
