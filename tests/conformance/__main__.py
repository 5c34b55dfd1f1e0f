"""`python -m tests.conformance scenarios|rules|api|journal|tapes PATH...`: play recorded cases."""

import importlib
import json
import sys
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path

KINDS = ("scenarios", "rules", "api", "journal", "tapes")


def cases(paths: Iterable[str]) -> Iterator[Path]:
    """Yield the case files of the given files and folders; a folder may hold them in `cases/`."""
    for path in map(Path, paths):
        if path.is_dir():
            folder = path / "cases" if (path / "cases").is_dir() else path
            yield from sorted([*folder.glob("*.json"), *folder.glob("*.jsonl")])
        else:
            yield path


def run(kind: str, path: Path) -> str | None:
    """Play one case; return None if it passes, else what is wrong, in one line."""
    module = importlib.import_module(f"tests.conformance.{kind}")
    try:
        if hasattr(module, "run_file"):
            difference: str | None = module.run_file(path)
        else:
            difference = module.run_case(json.loads(path.read_text(encoding="utf-8")))
    except Exception as error:  # a case that breaks us is a failing case, not the end of the run
        where = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
    return difference


def main(arguments: list[str]) -> int:
    """Play all cases and count."""
    if len(arguments) < 2 or arguments[0] not in KINDS:
        print(f"usage: python -m tests.conformance {'|'.join(KINDS)} PATH...", file=sys.stderr)
        return 2
    kind, *paths = arguments
    passed = failed = 0
    for path in cases(paths):
        difference = run(kind, path)
        if difference is None:
            passed += 1
        else:
            failed += 1
            print(f"{path.stem}: {difference}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
