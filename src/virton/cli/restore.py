"""`virton restore`: a backup brought back into a data folder, after all of it was checked."""

import contextlib
import os
import shutil
import time
from pathlib import Path
from typing import Annotated

import typer

from virton.cli.backup import facts_of, refuse_backup
from virton.cli.complaint import WRONG_INPUT, complain, complain_of, words_of_failure
from virton.cli.data_folder import CONSOLE, EMBEDDED, default_data, taken
from virton.cli.language import LanguageOption, sentences
from virton.keeping.backup import BackupError
from virton.keeping.backup import restore as bring_back


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file of `virton backup`.")],
    data: Annotated[
        Path | None, typer.Option(envvar="VIRTON_DATA", help="Folder in which state is kept.")
    ] = None,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace", help="Put it in the place of what is there, which is moved aside."
        ),
    ] = False,
    lang: LanguageOption = None,
) -> None:
    """Bring a backup back into a data folder, after every byte of it was checked."""
    said = sentences(lang)
    folder = data or default_data()
    if not file.is_file():
        complain(said.say("cli.no_file", {"option": "FILE", "file": str(file)}), code=WRONG_INPUT)
    stamp = time.strftime("%Y%m%d-%H%M%S")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(taken(folder, EMBEDDED)), os.fdopen(taken(folder, CONSOLE)):
            brought = bring_back(file, folder, replace=replace, stamp=stamp)
            _give_to_owner_of(folder)
    except BackupError as error:
        refuse_backup(error, said)
    except OSError as failure:
        complain_of("cli.unwritable", option=f"--data: {folder}", why=words_of_failure(failure))
    typer.echo(said.say("cli.restore.done", {"folder": str(folder), **facts_of(brought)}))


def _give_to_owner_of(folder: Path) -> None:
    """Give what root has brought back to whom the folder belongs: the service is not root."""
    if os.geteuid() != 0:
        return
    owner = folder.stat()
    with contextlib.suppress(PermissionError):
        for path in sorted(folder.rglob("*")):
            shutil.chown(path, owner.st_uid, owner.st_gid)
