"""`python -m tests.bench [scale] [load] [poll] [handlers] [small] [forecast] [meanwhile] [world] [poll] [page] [history] [verbs]`: those named, or all."""

import importlib
import sys

BENCHES = (
    "scale",
    "load",
    "handlers",
    "small",
    "forecast",
    "meanwhile",
    "world",
    "poll",
    "page",
    "history",
    "verbs",
)


def main(names: list[str]) -> None:
    """Run benchmarks by name."""
    for name in names or BENCHES:
        importlib.import_module(f"tests.bench.{name}").main()


if __name__ == "__main__":
    main(sys.argv[1:])
