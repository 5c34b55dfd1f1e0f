"""What the disk does to a cluster: full, read-only, damaged, or emptied by somebody."""

import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.embedded.living import PASSWORD, Living
from virton.damage import DamagedError
from virton.embedded import StorageError, start
from virton.embedded.pmxcfs import ClusterFiles
from virton.embedded.store import FileStore

LOGIN = {"username": "root@pam", "password": PASSWORD}


class Disk:
    """The disk below a cluster's store: it can be filled and freed, and made read-only."""

    def __init__(self, living: Living) -> None:
        store = living.running.cluster.files._store
        assert store is not None
        self._database = store._database
        self.store: FileStore = store

    def fill(self) -> None:
        [(pages,)] = self._database.execute("PRAGMA page_count")
        self._database.execute(f"PRAGMA max_page_count = {pages}")

    def make_read_only(self) -> None:
        self._database.execute("PRAGMA query_only = ON")

    def free(self) -> None:
        self._database.execute("PRAGMA max_page_count = 1073741823")
        self._database.execute("PRAGMA query_only = OFF")


@pytest.fixture
def living(tmp_path: Path) -> Living:
    return Living(tmp_path)


@pytest.fixture(params=["full", "read-only"])
def disk(request: pytest.FixtureRequest, living: Living) -> Disk:
    disk = Disk(living)
    if request.param == "full":
        disk.fill()
    else:
        disk.make_read_only()
    return disk


BIG = "x" * 60_000
WRITES: list[tuple[str, str, dict[str, Any]]] = [
    ("PUT", "/cluster/options", {"description": BIG}),
    ("POST", "/access/users", {"userid": "new@pve", "comment": "x" * 1000, "password": "secret"}),
    ("POST", "/access/roles", {"roleid": "R", "privs": "Sys.Audit"}),
    ("PUT", "/cluster/ha/resources/vm:100", {"comment": "x" * 1000, "max_restart": 7}),
]


@pytest.mark.parametrize(("method", "path", "params"), WRITES)
def test_a_write_fails_with_a_sentence_and_changes_nothing(
    living: Living, method: str, path: str, params: dict[str, Any]
) -> None:
    Disk(living).make_read_only()
    files = living.running.cluster.files
    before = {name: files.read(name) for name in files.paths()}
    answer = living.client.request(method, path, data=params)
    assert answer.status_code == 507
    assert answer.json()["message"] == "nothing was changed: the disk can only be read\n"
    assert {name: files.read(name) for name in files.paths()} == before


def test_reading_logging_in_and_time_go_on_and_all_is_kept_when_there_is_room_again(
    living: Living, disk: Disk, tmp_path: Path
) -> None:
    options = {"description": BIG}
    assert living.client.put("/cluster/options", data=options).status_code == 507
    before = living.running.world.now()
    for _ in range(40):
        living.running.world.elapse(1.0)
    assert living.running.world.now() == before + 40
    assert living.client.post("/access/ticket", data=LOGIN).status_code == 200
    assert len(living.get("/cluster/resources")) > 0
    disk.free()
    assert living.client.put("/cluster/options", data=options).status_code == 200
    files = living.running.cluster.files
    assert disk.store.load() == {path: files.read(path) for path in files.paths()}


def test_what_the_world_cannot_take_back_is_not_begun_on_a_disk_known_to_be_full(
    living: Living,
) -> None:
    disk = Disk(living)
    disk.make_read_only()
    living.running.world.elapse(60.0)
    answer = living.client.post(
        "https://phum/lab", json={"action": "power", "node": "phum02", "on": 0}
    )
    assert answer.status_code == 507
    assert living.power("phum02")
    guest = "/nodes/phum01/qemu/101/status/stop"
    assert living.client.post(guest).status_code == 507
    assert living.runs_on(101) == ["phum01"]
    disk.free()
    assert living.client.post(guest).status_code == 200


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """Let the system refuse this process to make any file longer."""
    kept = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, kept[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, kept)


def test_a_file_that_the_system_lets_grow_no_more_is_survived(
    living: Living, tmp_path: Path
) -> None:
    options = {"description": BIG}
    with no_file_above(max(path.stat().st_size for path in tmp_path.iterdir())):
        full = living.client.put("/cluster/options", data=options)
        for _ in range(40):
            living.running.world.elapse(1.0)
        assert living.get("/cluster/options").get("description") is None
    assert full.status_code == 507, full.text
    assert living.client.put("/cluster/options", data=options).status_code == 200
    assert BIG in ClusterFiles(store=FileStore(tmp_path / "cluster.sqlite")).read(
        "datacenter.cfg"
    ).replace("#", "")


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a disk needs root")
def test_a_disk_that_is_really_full_and_really_read_only_is_survived(tmp_path: Path) -> None:
    mounted = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(tmp_path)]
    if subprocess.run(mounted, capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        living = Living(tmp_path)
        filler = tmp_path / "filler"
        with filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass
        change = {"description": "y" * 60_000}
        answers = [living.client.put("/cluster/options", data=change) for _ in range(3)]
        assert {answer.status_code for answer in answers} == {507}
        with pytest.raises(StorageError, match="disk is full"):
            start(tmp_path, PASSWORD)
        filler.unlink()
        assert living.client.put("/cluster/options", data=change).status_code == 200
        living.running.cluster.files._store.close()  # type: ignore[union-attr]
    finally:
        subprocess.run(["umount", "-l", str(tmp_path)], check=True)


def test_the_time_loop_outlives_a_moment_that_goes_wrong(
    living: Living, caplog: pytest.LogCaptureFixture
) -> None:
    def stumble(record: Any) -> None:
        raise RuntimeError("a fault of ours")

    listeners = living.running.world.listeners
    living.lab(action="power", node="phum03", on=0)
    listeners.insert(0, stumble)
    for _ in range(400):
        living.running.tick(1.0)
    assert caplog.text.count("stumbled") == 1
    listeners.remove(stumble)
    before = living.running.world.now()
    living.running.tick(5.0)
    assert living.running.world.now() == before + 5


# what somebody did to the folder while nobody was there


def _begun(folder: Path) -> Path:
    """Return the database of a cluster that was begun in a folder, and has ended."""
    # Closed here and not some time, when garbage is collected: by then the test looks at the files.
    start(folder, PASSWORD).cluster.files._store.close()  # type: ignore[union-attr]
    return folder / "cluster.sqlite"


def test_a_living_folder_without_its_database_is_not_begun_anew(tmp_path: Path) -> None:
    _begun(tmp_path).unlink()
    with pytest.raises(DamagedError, match=r"cluster\.sqlite is damaged: it is gone"):
        start(tmp_path, PASSWORD)
    assert not (tmp_path / "cluster.sqlite").exists()


@pytest.mark.parametrize("mark", [True, False])
def test_an_empty_database_in_a_living_folder_is_not_begun_anew(tmp_path: Path, mark: bool) -> None:
    database = _begun(tmp_path)
    if not mark:  # as former versions left their folders
        (tmp_path / "cluster.begun").unlink()
        (tmp_path / "lock").touch()
        (tmp_path / "console.key").touch()
    database.write_bytes(b"")
    with pytest.raises(DamagedError, match="it is empty") as failure:
        start(tmp_path, PASSWORD)
    assert "--data DIR" in failure.value.advice
    assert database.read_bytes() == b""


def test_a_first_start_that_was_cut_off_is_begun_again(tmp_path: Path) -> None:
    (tmp_path / "lock").touch()
    (tmp_path / "cluster.sqlite").touch()
    assert start(tmp_path).admin_password


def test_a_first_start_that_was_cut_off_before_the_first_change_is_begun_again(
    tmp_path: Path,
) -> None:
    store = FileStore(tmp_path / "cluster.sqlite")
    (tmp_path / "lock").touch()
    left = {path: path.read_bytes() for path in sorted(tmp_path.glob("cluster.sqlite*"))}
    store.close()
    for path, content in left.items():  # as a process that is killed leaves them
        path.write_bytes(content)
    assert (tmp_path / "cluster.sqlite-wal").stat().st_size > 0
    assert start(tmp_path).admin_password


@pytest.mark.parametrize("at", [0, 5000])
def test_a_database_with_garbage_in_it_is_named(tmp_path: Path, at: int) -> None:
    database = _begun(tmp_path)
    content = bytearray(database.read_bytes())
    content[at : at + 4000] = b"\xa5" * 4000
    database.write_bytes(content)
    with pytest.raises(DamagedError, match=r"cluster\.sqlite"):
        start(tmp_path, PASSWORD)
    assert database.read_bytes() == content


GARBAGE = {
    "priv/authkey.key": ["", "not hex", "abcd"],
    "priv/tfa.cfg": ["{", "[1]", '{"users": {"a@pve": {"totp": [{}]}}}'],
    "virton/tasks": ["{", "[]"],
    "virton/tasks/000000001001": ["{", "[]", "{}", '{"upid": 1}'],
    "virton/log/00000000": ["{", "[1]"],
    "virton/journal/phum01/00000000": ["{"],
    "virton/version": ["", "nine"],
    "virton/world/now": ["{", "[]", "7"],
    "virton/world/on/phum01": ["{", "[]"],
    "ha/manager_status": ["{", "[]", '{"service_status": {"vm:100": 7}}'],
    "nodes/phum01/lrm_status": ["{", '"x"'],
    "nodes/phum01/qemu-server/121.conf": ["cores: many\n", "memory: -\n"],
}


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which a cluster was begun, and has ended."""
    return _begun(tmp_path_factory.mktemp("begun")).parent


@pytest.mark.parametrize(
    ("path", "text"), [(path, text) for path, texts in GARBAGE.items() for text in texts]
)
def test_garbage_in_a_file_within_is_named_at_the_start(
    begun: Path, tmp_path: Path, path: str, text: str
) -> None:
    shutil.copytree(begun, tmp_path, dirs_exist_ok=True)
    files = ClusterFiles(store=FileStore(tmp_path / "cluster.sqlite"))
    files.write(path, text)
    kept = {name: files.read(name) for name in files.paths()}
    with pytest.raises(DamagedError, match=f"{path} in cluster.sqlite is damaged"):
        start(tmp_path, PASSWORD)
    again = ClusterFiles(store=FileStore(tmp_path / "cluster.sqlite"))
    assert {name: again.read(name) for name in again.paths()} == kept
