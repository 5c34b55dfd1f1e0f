"""`virton backup`: everything that the console keeps, in one file, while it runs."""

import time
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from virton import __version__
from virton.cli.complaint import WRONG_INPUT, complain, complain_of, words_of_failure
from virton.cli.data_folder import default_data
from virton.cli.language import LanguageOption, printable, sentences
from virton.keeping.backup import BackedUp, BackupError, back_up
from virton.language.sentences import Sentences

_STAMP = "%Y%m%d-%H%M%S"
_MIB = 1 << 20


def backup(
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="File to write.", show_default="virton-DATE.tar.gz, here"
        ),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(envvar="VIRTON_DATA", help="Folder in which state is kept.")
    ] = None,
    lang: LanguageOption = None,
) -> None:
    """Back up everything that the console keeps into one file, while it runs."""
    said, now = sentences(lang), time.time()
    folder = data or default_data()
    if not folder.is_dir():
        complain(said.say("cli.no_data", {"folder": str(folder)}), code=WRONG_INPUT)
    target = out or Path(f"virton-{time.strftime(_STAMP, time.localtime(now))}.tar.gz")
    if not target.absolute().parent.is_dir():
        complain(
            said.say("cli.no_folder", {"option": "--out", "folder": str(target.parent)}),
            code=WRONG_INPUT,
        )
    try:
        made = back_up(folder, target.absolute(), version=__version__, now=now)
    except BackupError as error:
        refuse_backup(error, said)
    except OSError as failure:
        complain_of("cli.unwritable", option=f"--out: {target}", why=words_of_failure(failure))
    typer.echo(said.say("cli.backup.made", {"file": str(target), **facts_of(made)}))


def facts_of(made: BackedUp) -> dict[str, object]:
    """Return what sentences name of a backup."""
    at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(made.made_at))
    mib = round(made.size / _MIB, 1)
    return {"count": len(made.files), "mib": mib, "at": at, "version": made.version}


def refuse_backup(error: BackupError, said: Sentences) -> NoReturn:
    """Say why a backup cannot be made or brought back, and exit."""
    words = said.say(f"cli.backup.{error.reason}", error.facts)
    advice = f"cli.backup.{error.reason}.do"
    complain(printable(words), said.say(advice, {}) if advice in said.texts else "")
