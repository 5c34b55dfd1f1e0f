"""The terminal as every verb writes to it: what is data is never read as markup."""

from typing import TYPE_CHECKING

from rich.cells import cell_len

# What draws is loaded when something is told: help, which is plain text, starts without it.
if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text


def terminal(*, error: bool = False, soft_wrap: bool = False) -> "Console":
    """Return the standard output (or error), on which a text appears as it is.

    Left to itself, rich takes `[x]` for a style and `:CD:` for an emoji, wherever they stand: in
    a fingerprint, in a path, in a name. Styles are given with `rich.text.Text` instead.
    """
    from rich.console import Console
    from rich.text import Text

    Text.rstrip_end = _rstrip_end  # type: ignore[method-assign]
    return Console(stderr=error, soft_wrap=soft_wrap, markup=False, emoji=False, highlight=False)


def _rstrip_end(self: "Text", size: int) -> None:
    """Strip the blank that ends a line which just fits.

    Left to itself, rich counts signs here, not cells: a line of Korean that just fits is then cut, and loses
    its last sign to an ellipsis.
    """
    while self.plain.endswith(" ") and cell_len(self.plain) > size:
        self.right_crop(1)
