"""A file of ours that cannot be read: what it is called, and what to do about it."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class Flaw(ValueError):  # noqa: N818 - what is wrong, and not yet an error
    """What a file does not hold, in words that can be told."""


class DamagedError(Exception):
    """Says which file of the data folder is damaged, how, and what to do."""

    def __init__(self, file: str, how: str, advice: str) -> None:
        super().__init__(f"{file} is damaged: {how}")
        self.file = file
        self.advice = advice


@contextmanager
def reading(file: str, advice: str) -> Iterator[None]:
    """Say of whatever goes wrong with the contents of a file that it is damaged."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, RecursionError) as failure:
        raise DamagedError(file, "it does not hold what it should", advice) from failure
    except (TypeError, ValueError) as failure:
        # What a library says of it is for the trace.
        is_ours = type(failure).__module__.startswith("virton.")
        how = str(failure) if is_ours else "it is not readable"
        raise DamagedError(file, how, advice) from failure


def in_system_words(failure: OSError) -> str:
    """Return what the system says of a failure, and of which file."""
    why = failure.strerror or "the system does not do it"
    return f"{failure.filename}: {why}" if failure.filename else why


def has_begun(file: Path) -> bool:
    """Tell whether a file was begun here once, wherever it is now."""
    return _mark_of(file).exists()


def note_begun(file: Path) -> None:
    """Note beside a file that it was begun, so that it is missed when it is gone."""
    if not has_begun(file):
        # a disk that takes no mark is told of by whatever is to be kept on it
        with suppress(OSError):
            _mark_of(file).write_text(
                f"{file.name} was begun in this folder.\n"
                "Where it is missing or empty, virton looks for this file and begins no other by "
                "itself.\n"
            )


def check_still_there(file: Path, advice: str) -> None:
    """Raise DamagedError where a file that was begun is gone or empty, or a folder in its place."""
    if file.is_dir():
        raise DamagedError(str(file), "it is a folder", advice)
    if has_begun(file) and not file.exists():
        raise DamagedError(str(file), "it is gone", advice)
    if has_begun(file) and file.stat().st_size == 0:
        raise DamagedError(str(file), "it is empty", advice)


def _mark_of(file: Path) -> Path:
    return file.with_suffix(".begun")
