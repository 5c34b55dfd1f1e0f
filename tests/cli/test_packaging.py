"""What an operator installs: the one file runs, refuses to when it is damaged, and is the same each time."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOM = Path(__file__).parents[2] / "packaging"
TAG = f"cp{sys.version_info.major}{sys.version_info.minor}"
STUB = "import sys\ndef app(prog_name):\n    print(prog_name, *sys.argv[1:])\n"


def module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"packaging_{name}", ROOM / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = made
    spec.loader.exec_module(made)
    return made


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Lay out a console that only says how it was called."""
    folder = tmp_path / "tree" / TAG / "virton" / "cli"
    folder.mkdir(parents=True)
    for package in (folder.parent, folder):
        (package / "__init__.py").touch()
    (folder / "main.py").write_text(STUB)
    return tmp_path / "tree"


def run(file: Path, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(home)}
    command = ["sh", str(file), *arguments]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def test_the_one_file_runs_from_where_it_unpacked_itself(tree: Path, tmp_path: Path) -> None:
    bundle, one, other = module("bundle"), tmp_path / "one.run", tmp_path / "other.run"
    bundle.write(tree, one, 1_700_000_000)
    bundle.write(tree, other, 1_700_000_000)
    assert one.read_bytes() == other.read_bytes()
    for _ in range(2):
        done = run(one, tmp_path, "serve", "--port", "1")
        assert (done.returncode, done.stdout) == (0, "virton serve --port 1\n"), done.stderr


def test_a_damaged_one_file_is_refused_and_leaves_nothing_to_run(
    tree: Path, tmp_path: Path
) -> None:
    file = tmp_path / "one.run"
    module("bundle").write(tree, file, 1_700_000_000)
    file.write_bytes(file.read_bytes()[:-4] + b"abcd")
    for _ in range(2):
        done = run(file, tmp_path, "serve")
        assert (done.returncode, done.stdout) == (1, "")
        assert "is damaged" in done.stderr


def test_the_list_of_parts_names_each_with_its_licence_and_its_pinned_sum() -> None:
    supply = module("supply")
    site = Path(str(importlib.util.find_spec("starlette").origin)).parents[1]
    parts = {part.name.lower(): part for part in supply.parts_of(site)}
    assert parts["starlette"].licence == "BSD-3-Clause"
    assert len(parts["starlette"].hashes) >= 1
    assert parts["lit"].purl.startswith("pkg:npm/lit@")
    told = supply.bill(list(parts.values()))
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    assert told == supply.bill(list(parts.values()))


def test_the_service_may_write_its_own_folder_and_nothing_else() -> None:
    unit = (ROOM / "systemd" / "virton.service").read_text()
    said = dict(re.findall(r"^(\w+)=(.*)$", unit, re.MULTILINE))
    assert (said["Type"], said["User"], said["ProtectSystem"]) == ("notify", "virton", "strict")
    assert (said["StateDirectory"], said["CapabilityBoundingSet"]) == ("virton", "")
    assert said["LoadCredential"] == "token:/etc/virton/token"
    assert "ReadWritePaths" not in said


def test_what_the_manual_says_of_installing_is_what_is_tried() -> None:
    lines = {line for one in ("ko", "en") for line in module("of_manual").lines(one)}
    needing_a_root = {line for line in lines if line.split()[0] != "virton"}
    tried = "".join(path.read_text() for path in sorted(ROOM.glob("try_*.py")))
    calls = re.findall(r'(?:of_manual\(|line = )"([^"]+)"', tried)
    assert needing_a_root - set(calls) == set(), "no try_*.py runs these"
    assert set(calls) - lines == set(), "the manual does not say these"
