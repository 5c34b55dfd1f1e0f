"""A node's certificate changes under an open page: nothing is sent to it until it is the known one."""

from pathlib import Path

import pytest

from tests.faults.desk import PARTS, Site, at_desk, failing
from virton.cli.certificate import Certificate, own_certificate
from virton.proxmox import CaFile, Fingerprints

pytestmark = pytest.mark.anyio


@pytest.fixture
def ours(tmp_path: Path) -> Certificate:
    (tmp_path / "ours").mkdir()
    return own_certificate(tmp_path / "ours")


@pytest.fixture
def other(tmp_path: Path) -> Certificate:
    (tmp_path / "other").mkdir()
    return own_certificate(tmp_path / "other")


async def test_another_certificate_than_the_pinned_one_is_told_with_its_fingerprint_and_passes(
    site: Site, ours: Certificate, other: Certificate
) -> None:
    pinned = Fingerprints.parse([ours.fingerprint])
    async with at_desk(site, tls=ours.context, trust=pinned) as desk, desk.browser.stream() as page:
        assert failing(await desk.seen(page)) == {}
        await desk.node.restart(other.context)
        desk.node.asked.clear()
        bad = await desk.seen(page)
        assert failing(bad) == dict.fromkeys(PARTS, "tls")
        assert bad["parts"]["nodes"]["error"]["fingerprint"] == other.fingerprint
        assert bad["resources"] != []
        response = await desk.browser.write("PUT", "/api/resources/vm:100", {"comment": ""})
        assert response.json()["error"]["fingerprint"] == other.fingerprint
        assert desk.node.asked == []
        await desk.node.restart(ours.context)
        assert failing(await desk.seen(page)) == {}
        assert not page.ended


async def test_a_certificate_of_another_authority_is_told(
    site: Site, ours: Certificate, other: Certificate
) -> None:
    async with at_desk(site, tls=ours.context, trust=CaFile(ours.path)) as desk:
        assert failing(await desk.look()) == {}
        await desk.node.restart(other.context)
        bad = await desk.look()
        assert failing(bad) == dict.fromkeys(PARTS, "tls")
        assert bad["parts"]["status"]["error"]["fingerprint"] == other.fingerprint
        await desk.node.restart(ours.context)
        assert failing(await desk.look()) == {}
