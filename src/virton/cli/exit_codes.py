"""Exit codes of the verbs that pipelines ask: 0 nothing to do, 2 changes, 1 error, 3 broken."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import typer
from typer.core import TyperCommand

ERROR, CHANGES, BROKEN = 1, 2, 3
WRONG_USE = cast(type[Exception], typer.BadParameter.__mro__[1])  # typer names no base


class OneForErrors(TyperCommand):
    """A verb of which 2 does not mean that it was typed wrongly."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        """Read the arguments; what is wrong with them exits with 1."""
        try:
            return super().make_context(*args, **kwargs)
        except WRONG_USE as wrong:
            vars(wrong)["exit_code"] = ERROR
            raise


@contextmanager
def errors_exit_with_one() -> Iterator[None]:
    """Let whatever stands in the way exit with 1."""
    try:
        yield
    except typer.Exit as leaving:
        raise typer.Exit(ERROR if leaving.exit_code else 0) from None
