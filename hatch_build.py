"""The build hook: an installed console carries the built page."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent / "web"))
import build_page as page


class PageHook(BuildHookInterface[Any]):
    """Builds the page before the files of a wheel are gathered, or an editable install is made."""

    def dependencies(self) -> list[str]:
        """Ask for Node from PyPI where none is on the PATH."""
        return [] if page.node_of_path() else [page.NODE_PACKAGE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the page, unless it stands built."""
        if not page.is_fresh():
            page.build()
        build_data["artifacts"].append("src/virton/console/static/")
