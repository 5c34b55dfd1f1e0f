"""The terminal as every verb writes to it: what is data is never read as markup."""

from rich.console import Console


def terminal(*, error: bool = False, soft_wrap: bool = False) -> Console:
    """Return the standard output (or error), on which a text appears as it is.

    Left to itself, rich takes `[x]` for a style and `:CD:` for an emoji, wherever they stand: in
    a fingerprint, in a path, in a name. Styles are given with `rich.text.Text` instead.
    """
    return Console(stderr=error, soft_wrap=soft_wrap, markup=False, emoji=False, highlight=False)
