"""One file that carries the console: a shell script, and behind it a tar that it unpacks once."""

import gzip
import hashlib
import io
import tarfile
from pathlib import Path

HEAD = """#!/bin/sh
# VirtOn HA in one file: it needs a Python of {pythons}, and nothing from any network.
# It unpacks itself once, into $VIRTON_HOME (else below ~/.cache), and runs from there.
set -eu
sum={digest}
home=${{VIRTON_HOME:-${{XDG_CACHE_HOME:-$HOME/.cache}}/virton}}/$sum
for python in {commands}; do
    tag=$("$python" -c 'import sys; print("cp%d%d" % sys.version_info[:2])' 2>/dev/null) || continue
    case " {tags} " in *" $tag "*) ;; *) continue ;; esac
    if [ ! -e "$home/whole" ]; then
        mkdir -p "$home"
        [ "$(tail -c +@OFFSET@ "$0" | sha256sum | cut -d' ' -f1)" = "$sum" ] ||
            {{ echo "virton: $0 is damaged: fetch it again" >&2; exit 1; }}
        tail -c +@OFFSET@ "$0" | tar -xzf - -C "$home"
        touch "$home/whole"
    fi
    PYTHONPATH=$home/$tag PYTHONNOUSERSITE=1 exec "$python" -P -c \\
        'from virton.cli.main import app; app(prog_name="virton")' "$@"
done
echo "virton: there is no Python of {pythons} on this machine" >&2
exit 1
"""


def write(tree: Path, target: Path, epoch: int) -> None:
    """Write the file; the same tree gives the same bytes."""
    body = _tar(tree, epoch)
    tags = sorted(path.name for path in tree.iterdir())
    versions = [f"{tag[2]}.{tag[3:]}" for tag in tags]
    head = HEAD.format(
        digest=hashlib.sha256(body).hexdigest(),
        pythons=" or ".join(versions),
        commands=" ".join(["python3", *(f"python{version}" for version in versions)]),
        tags=" ".join(tags),
    )
    width = len("@OFFSET@")  # so that putting the number in its place moves nothing
    offset = str(len(head.encode()) + 1).rjust(width, "0")
    target.write_bytes(head.replace("@OFFSET@", offset).encode() + body)
    target.chmod(0o755)


def _tar(tree: Path, epoch: int) -> bytes:
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as out,
        tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path in sorted(tree.rglob("*")):
            member = tar.gettarinfo(path, str(path.relative_to(tree)))
            member.uid = member.gid = 0
            member.uname = member.gname = ""
            member.mtime = epoch
            with path.open("rb") if member.isreg() else io.BytesIO() as source:
                tar.addfile(member, source if member.isreg() else None)
    return packed.getvalue()
