"""The cluster's files: versions, batches, and what survives."""

import signal
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.characters import any_character
from virton.embedded.inventory import Inventory
from virton.embedded.pmxcfs import ClusterFiles, json_text
from virton.embedded.shared_files import SharedFiles
from virton.embedded.store import FileStore, StorageError
from virton.ha.dialect import Dialect
from virton.ha.model import LrmResult, LrmStatus, ManagerStatus, ServiceStatus, ServiceTable
from virton.ha.states import LrmMode, LrmState, NodeState, ServiceState


def test_a_file_that_is_not_there_reads_as_empty() -> None:
    files = ClusterFiles()
    assert files.read("ha/rules.cfg") == ""
    assert files.get("ha/rules.cfg") is None
    assert files.read_json("ha/manager_status") == {}


def test_only_a_change_makes_a_new_version() -> None:
    files = ClusterFiles({"a": "one"})
    before = files.version("a")
    files.write("a", "one")
    assert files.version("a") == before
    files.write("a", "two")
    assert files.version("a") > before


def test_a_file_is_parsed_once_per_version() -> None:
    parsed: list[str] = []

    def parse(text: str) -> str:
        parsed.append(text)
        return text.upper()

    files = ClusterFiles({"a": "one"})
    assert [files.parsed("a", parse) for _ in range(3)] == ["ONE"] * 3
    files.write("b", "other")
    assert files.parsed("a", parse) == "ONE"
    files.write("a", "two")
    assert files.parsed("a", parse) == "TWO"
    assert parsed == ["one", "two"]


def test_a_batch_that_fails_changes_nothing() -> None:
    files = ClusterFiles({"a": "one", "b": "keep"})

    def change_and_fail() -> None:
        with files.batch():
            files.write("a", "two")
            files.remove("b")
            files.write("c", "new")
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        change_and_fail()
    assert {path: files.read(path) for path in files.paths()} == {"a": "one", "b": "keep"}


def test_commands_are_taken_once() -> None:
    files = ClusterFiles()
    files.append("ha/crm_commands", "arm-ha\n")
    files.append("ha/crm_commands", "migrate vm:100 alfa\n")
    assert files.take("ha/crm_commands") == "arm-ha\nmigrate vm:100 alfa\n"
    assert files.take("ha/crm_commands") == ""


def test_moving_a_file_is_one_change(tmp_path: Path) -> None:
    files = ClusterFiles({"nodes/a/qemu-server/1.conf": "x"}, FileStore(tmp_path / "db"))
    files.move("nodes/a/qemu-server/1.conf", "nodes/b/qemu-server/1.conf")
    assert FileStore(tmp_path / "db").load() == {"nodes/b/qemu-server/1.conf": "x"}


def test_what_the_store_holds_goes_before_what_a_new_cluster_begins_with(tmp_path: Path) -> None:
    ClusterFiles({"a": "first"}, FileStore(tmp_path / "db")).write("a", "changed")
    again = ClusterFiles({"a": "first", "b": "new"}, FileStore(tmp_path / "db"))
    assert (again.read("a"), again.read("b")) == ("changed", "new")


def test_a_change_that_cannot_be_stored_is_not_made(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "db")
    files = ClusterFiles({"a": "one"}, store)
    store.close()
    with pytest.raises(StorageError):
        files.write("a", "two")
    assert files.read("a") == "one"


def test_the_store_is_its_owners_alone(tmp_path: Path) -> None:
    FileStore(tmp_path / "db")
    assert (tmp_path / "db").stat().st_mode & 0o077 == 0


_WRITER = """
import sys
import tempfile
from pathlib import Path
from virton.embedded.pmxcfs import ClusterFiles
from virton.embedded.store import FileStore

files = ClusterFiles(store=FileStore(Path(sys.argv[1])))
for number in range(100_000):
    with files.batch():
        files.write("left", str(number))
        files.write("right", str(number))
    print(number, flush=True)
"""


def test_whatever_was_written_survives_the_process_being_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _WRITER, str(tmp_path / "db")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        last = -1
        for _ in range(200):
            last = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL)
    files = ClusterFiles(store=FileStore(tmp_path / "db"))
    assert int(files.read("left")) >= last
    assert files.read("left") == files.read("right")


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.none() | st.text(any_character, max_size=8))))
def test_the_store_always_holds_what_the_memory_holds(
    changes: list[tuple[str, str | None]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = FileStore(Path(folder) / "db")
        files = ClusterFiles(store=store)
        for path, text in changes:
            if text is None:
                files.remove(path)
            else:
                files.write(path, text)
        assert store.load() == {path: files.read(path) for path in files.paths()}
        store.close()


def test_a_status_is_written_as_its_json_whatever_was_written_before() -> None:
    files = ClusterFiles()
    shared = SharedFiles(files, Inventory(files), ("one",), Dialect.FRACTIONS)
    table = ServiceTable({"vm:1": ServiceStatus(ServiceState.STARTED, "one", "u1", running=True)})
    first = ManagerStatus("one", 7, {"one": NodeState.ONLINE}, table)
    results = {"u1": LrmResult("vm:1", ServiceState.STARTED, 0)}
    lrm = LrmStatus(LrmState.ACTIVE, LrmMode.ACTIVE, 7, results)
    other = ServiceTable({"vm:2": ServiceStatus(ServiceState.STOPPED, "one", "u2")})
    maintenance = replace(first, maintenance_requests=frozenset({"one"}), timestamp=9)
    for status in (
        first,
        replace(first, timestamp=8),
        maintenance,
        replace(first, service_status=other),
    ):
        shared.manager_status = status
        assert files.read("ha/manager_status") == json_text(status.to_json())
    for written in (lrm, replace(lrm, timestamp=8), replace(lrm, results={})):
        shared.write_lrm_status("one", written)
        assert files.read("nodes/one/lrm_status") == json_text(written.to_json())


def test_guests_are_known_as_their_files_come_move_change_and_go() -> None:
    def config(memory: int) -> str:
        return f"cores: 1\nmemory: {memory}\nname: a\n"

    files = ClusterFiles({"nodes/one/qemu-server/200.conf": config(512)})
    inventory = Inventory(files)
    first = inventory.guests()
    files.write("ha/rules.cfg", "nothing of a guest")
    assert inventory.guests() is first
    files.write("nodes/two/qemu-server/100.conf", config(512))
    files.write("nodes/one/qemu-server/200.conf", config(1024))
    assert [(g.vmid, g.memory_bytes >> 20) for g in inventory.guests().values()] == [
        (100, 512),
        (200, 1024),
    ]
    inventory.place("vm:200", "two")
    inventory.set_lock("vm:100", "backup")
    assert [(g.node, g.lock) for g in inventory.guests().values()] == [
        ("two", "backup"),
        ("two", None),
    ]
    files.remove("nodes/two/qemu-server/100.conf")
    assert list(inventory.guests()) == [200]
    assert list(Inventory(files).guests().values()) == list(inventory.guests().values())
