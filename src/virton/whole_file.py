"""Files of ours that are put in the place of those before: whole, or not at all."""

import os
from pathlib import Path


def put_in_place(path: Path, text: str) -> None:
    """Write a file that only we may read; it survives a power cut, or the one before does."""
    draft = path.with_suffix(".new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
