"""Start the embedded cluster on a data folder."""

import asyncio
import logging
import secrets
import time
from pathlib import Path

from starlette.types import ASGIApp

from virton.damage import reading
from virton.embedded import seed
from virton.embedded.app import create_app
from virton.embedded.cluster import VERSION, EmbeddedCluster
from virton.embedded.demo import Demo, DemoError
from virton.embedded.endpoints.ha.rules import objections_now
from virton.embedded.ha_journal import HaJournal
from virton.embedded.ha_tasks import HaTasks
from virton.embedded.live import LiveWorld
from virton.embedded.pmxcfs import ClusterFiles
from virton.embedded.soundness import check_files
from virton.embedded.store import DATABASE, RESTORE, note_begun, open_store
from virton.ha.dialect import dialect_of
from virton.ha.events.cluster import RuleDropped
from virton.rare_log import RareLog

ADMIN = "root@pam"
TICK_S = 0.25
_SETTLING_S = 45
_VERSION_PATH = "virton/version"
_DEMO_PATH = "virton/demo"


class RunningCluster:
    """The embedded cluster with its API, ready to be served."""

    def __init__(
        self,
        files: ClusterFiles,
        admin_password: str | None,
        now_s: int,
        version: str | None = None,
        demo: Demo | None = None,
    ) -> None:
        """Wake the cluster; on a fresh data folder it is let settle first.

        Raises DemoError where there is another cluster than the one that is wanted.
        """
        # one transaction: a process killed here leaves a folder as fresh as it was
        with files.batch():
            fresh = not files.paths()
            version = _settled_version(files, version)
            made_of = _sown(files, demo, fresh=fresh)
            sown = made_of or seed
            hosts = sown.hosts(version, fresh=fresh)
            if fresh:
                for path, text in sown.files().items():
                    files.write(path, text)
            woken_s = now_s - _SETTLING_S if fresh else now_s
            self.world = LiveWorld(
                files, hosts, woken_s, dialect_of(version), made_of.device() if made_of else None
            )
            self.cluster = EmbeddedCluster(files, self.world, self.world, version=version)
            journal = self.cluster.journal
            self.world.listeners.append(HaJournal(journal, self._why_dropped).hear)
            self.world.ha_tasks = HaTasks(self.cluster.tasks, journal)
            self._take_up_tasks(self.world.ha_tasks)
            self.admin_password = self._set_password(admin_password)
            self.console_token = self._console_token()
            if fresh:
                for host in hosts:
                    self.cluster.log.add(host.name, "cluster", "starting cluster log", "root")
                self.world.ahead_s -= _SETTLING_S
                self.world.step(_SETTLING_S)
        self.app: ASGIApp = create_app(self.cluster)
        self._faults = RareLog(logging.getLogger(__name__))

    def _take_up_tasks(self, ha_tasks: HaTasks) -> None:
        """Let the tasks whose work goes on hear of its end; all others were cut off."""
        tasks, going_on = self.cluster.tasks, self.world.operations_with_tasks()
        tasks.cut_off_all_but(going_on)
        known = {upid: task for upid in going_on if (task := tasks.get(upid)) is not None}
        reports = {upid: ha_tasks.again(going_on[upid], task) for upid, task in known.items()}
        self.world.report_to(reports)

    def _why_dropped(self, event: RuleDropped) -> str | None:
        found = objections_now(self.cluster).get(event.rule)
        return next(iter(found.values()))[0] if found else None

    def _set_password(self, wanted: str | None) -> str | None:
        """Set the administrator's password; return it where it was made up just now."""
        access = self.cluster.access
        if wanted is not None:
            # Whoever starts the process with a password must get in with it.
            access.set_password(ADMIN, wanted)
            access.second_factors.unlock(ADMIN)
            return None
        if access.has_password(ADMIN):
            return None
        made_up = secrets.token_urlsafe(12)
        access.set_password(ADMIN, made_up)
        return made_up

    def _console_token(self) -> str:
        secret = self.cluster.access.new_token_secret(seed.CONSOLE_TOKEN)
        return f"{seed.CONSOLE_TOKEN}={secret}"

    async def run(self) -> None:
        """Let the cluster's time pass until cancelled."""
        before = time.monotonic()
        while True:
            await asyncio.sleep(TICK_S)
            now = time.monotonic()
            self.tick(now - before)
            before = now

    def tick(self, real_s: float) -> None:
        """Let so much real time pass; because of one moment's fault, time does not stand still."""
        try:
            self.world.elapse(real_s)
        except Exception:
            self._faults.exception("the cluster's time stumbled")


def _sown(files: ClusterFiles, wanted: Demo | None, *, fresh: bool) -> Demo | None:
    """Return what the cluster was made of, None if it is the ordinary one."""
    if fresh and wanted is not None:
        files.write(_DEMO_PATH, str(wanted))
    kept = files.read(_DEMO_PATH)
    if wanted is not None and str(wanted) != kept:
        raise DemoError("another cluster lives in the data folder: name a new one with --data DIR")
    return Demo.parse(kept) if kept else None


def _settled_version(files: ClusterFiles, wanted: str | None) -> str:
    """Return the version that is wanted now, or was the last time that one was."""
    kept = files.read(_VERSION_PATH)
    version = wanted or kept or VERSION
    if version != kept:
        files.write(_VERSION_PATH, version)
    return version


def start(
    data: Path,
    admin_password: str | None = None,
    version: str | None = None,
    demo: Demo | None = None,
) -> RunningCluster:
    """Open the data folder and wake the embedded cluster in it.

    `version` is that of Proxmox VE which it speaks from now on, such as `9.2.1`. A fresh one is as
    large as `demo` says; raises DemoError where another one lives in the folder.
    """
    files = ClusterFiles(store=open_store(data))
    check_files(files)
    with reading(f"{data / DATABASE}", RESTORE):
        running = RunningCluster(files, admin_password, int(time.time()), version, demo)
    note_begun(data)
    return running
