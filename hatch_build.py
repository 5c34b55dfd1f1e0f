"""The build hook: an installed console carries the built page, and the manual."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent / "web"))
sys.path.insert(0, str(Path(__file__).parent / "docs"))
import build_manual as manual
import build_page as page


class PageHook(BuildHookInterface[Any]):
    """Builds page and manual before the files of a wheel are gathered, or an editable install is made."""

    def dependencies(self) -> list[str]:
        """Ask for MkDocs, and for Node from PyPI where none is on the PATH."""
        node = [] if page.node_of_path() else [page.NODE_PACKAGE]
        return [*node, manual.MKDOCS_PACKAGE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build page and manual, unless they stand built."""
        if not page.is_fresh():
            page.build()
        if not manual.is_fresh():
            manual.build()
        build_data["artifacts"] += ["src/virton/console/static/", "src/virton/console/manual/"]
