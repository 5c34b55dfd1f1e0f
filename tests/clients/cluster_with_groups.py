"""Prepare the data of an embedded cluster that still has HA groups: python FILE DATA_FOLDER.

Run in the program's own environment. Groups become rules once every node is there, so one is off.
"""

import sys
from pathlib import Path

from virton.embedded import start


def prepare(data: Path) -> None:
    """Make the data folder, with a group and with a node that is off."""
    data.mkdir(parents=True)
    cluster = start(data)
    cluster.world.set_power("phum02", on=False)
    cluster.cluster.files.write("ha/groups.cfg", "group: kept\n\tnodes phum01,phum03\n\n")


if __name__ == "__main__":
    prepare(Path(sys.argv[1]))
