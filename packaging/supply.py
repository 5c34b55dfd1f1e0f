"""What is shipped: a bill of materials (CycloneDX 1.6), and the licence of everything in it."""

import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Part:
    """Something that is shipped."""

    name: str
    version: str
    licence: str
    purl: str
    hashes: tuple[str, ...] = ()


def parts_of(site: Path) -> list[Part]:
    """Return every Python package that was laid out, and every package that the page is made of."""
    return sorted([*_of_python(site), *_of_page()], key=lambda part: (part.purl, part.name))


def _of_python(site: Path) -> Iterator[Part]:
    hashes = _pinned_hashes()
    for folder in sorted(site.glob("*.dist-info")):
        told = HeaderParser().parsestr((folder / "METADATA").read_text("utf-8"))
        name, version = str(told["Name"]), str(told["Version"])
        plain = re.sub(r"[-_.]+", "-", name).lower()
        purl = f"pkg:pypi/{plain}@{version}"
        yield Part(name, version, _licence(told), purl, hashes.get(plain, ()))


def _licence(told: Any) -> str:
    """Return a package's licence, by the newest of the three ways in which one is told."""
    if told["License-Expression"]:
        return str(told["License-Expression"])
    classified = [
        line.rpartition(" :: ")[2]
        for line in told.get_all("Classifier", [])
        if line.startswith("License ::")
    ]
    short = str(told["License"] or "").strip().splitlines()
    return " / ".join(classified) or (short[0] if short else "unknown")


def _pinned_hashes() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    name = ""
    for line in (ROOT / "requirements" / "run.txt").read_text().splitlines():
        if pinned := _PINNED.match(line):
            name = re.sub(r"[-_.]+", "-", pinned[1]).lower()
        found.setdefault(name, []).extend(_HASH.findall(line))
    return {name: tuple(sums) for name, sums in found.items()}


def _of_page() -> Iterator[Part]:
    """Yield what the bundler puts into the page: what is no tool for building it."""
    lock = json.loads((ROOT / "web" / "package-lock.json").read_text())["packages"]
    for path, row in sorted(lock.items()):
        if path and not row.get("dev") and not row.get("optional"):
            name = path.rpartition("node_modules/")[2]
            purl = f"pkg:npm/{name.replace('@', '%40')}@{row['version']}"
            yield Part(name, row["version"], str(row.get("license", "unknown")), purl)


def write(site: Path, out: Path) -> None:
    """Write `sbom.json` and `licences.txt`."""
    parts = parts_of(site)
    (out / "sbom.json").write_text(json.dumps(bill(parts), indent=1, sort_keys=True) + "\n")
    lines = [f"{part.name} {part.version}: {part.licence}" for part in parts]
    (out / "licences.txt").write_text("\n".join(lines) + "\n")


def bill(parts: list[Part]) -> dict[str, Any]:
    """Return the bill of materials; the same parts give the same bill."""
    everything = "\n".join(part.purl for part in parts)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, everything)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "name": "virton-ha",
                "licenses": [{"license": {"id": "AGPL-3.0-or-later"}}],
            }
        },
        "components": [_component(part) for part in parts],
    }


def _component(part: Part) -> dict[str, Any]:
    told: dict[str, Any] = {
        "type": "library",
        "bom-ref": part.purl,
        "name": part.name,
        "version": part.version,
        "purl": part.purl,
        "licenses": [{"license": {"name": part.licence}}],
    }
    if len(part.hashes) == 1:
        told["hashes"] = [{"alg": "SHA-256", "content": part.hashes[0]}]
    return told
