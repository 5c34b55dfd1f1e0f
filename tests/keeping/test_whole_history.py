"""A history in a file is looked at before it is lived on: damaged, emptied or gone, it is named."""

import sqlite3
from pathlib import Path

import pytest

from virton.damage import DamagedError
from virton.keeping.database import check_database, open_database

FILE = "history.sqlite"


def address(folder: Path) -> str:
    return f"sqlite:///{folder / FILE}"


def begun(folder: Path) -> Path:
    open_database(address(folder)).dispose()
    return folder / FILE


def test_a_whole_one_is_gone_on_with_and_none_at_all_is_begun(tmp_path: Path) -> None:
    check_database(address(tmp_path), lived_in=True)
    assert begun(tmp_path).stat().st_mode & 0o077 == 0
    check_database(address(tmp_path), lived_in=True)
    check_database("postgresql://ha@192.0.2.1/ha", lived_in=True)


def test_one_whose_beginning_was_cut_off_is_begun_again(tmp_path: Path) -> None:
    (tmp_path / FILE).touch()
    check_database(address(tmp_path), lived_in=False)
    begun(tmp_path)


def test_an_empty_one_beside_a_living_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).touch()
    with pytest.raises(DamagedError, match="it is empty"):
        check_database(address(tmp_path), lived_in=True)
    begun(tmp_path).write_bytes(b"")
    with pytest.raises(DamagedError, match="it is empty") as failure:
        check_database(address(tmp_path), lived_in=False)
    assert "Restore history.sqlite" in failure.value.advice
    assert (tmp_path / FILE).read_bytes() == b""


def test_one_that_is_gone_is_missed(tmp_path: Path) -> None:
    begun(tmp_path).unlink()
    with pytest.raises(DamagedError, match="it is gone"):
        check_database(address(tmp_path), lived_in=False)
    assert not (tmp_path / FILE).exists()
    (tmp_path / FILE).mkdir()
    with pytest.raises(DamagedError, match="it is a folder"):
        check_database(address(tmp_path), lived_in=False)


@pytest.mark.parametrize("at", [0, 9000])
def test_garbage_in_it_is_named(tmp_path: Path, at: int) -> None:
    file = begun(tmp_path)
    content = bytearray(file.read_bytes())
    content[at : at + 4000] = b"\xa5" * 4000
    file.write_bytes(content)
    with pytest.raises(DamagedError, match=r"history\.sqlite is damaged"):
        check_database(address(tmp_path), lived_in=True)
    assert file.read_bytes() == content


def test_another_database_in_its_place_is_named(tmp_path: Path) -> None:
    begun(tmp_path).unlink()
    with sqlite3.connect(tmp_path / FILE) as other:
        other.execute("CREATE TABLE something (else_ TEXT)")
    other.close()
    with pytest.raises(DamagedError, match="it holds no history"):
        check_database(address(tmp_path), lived_in=True)
