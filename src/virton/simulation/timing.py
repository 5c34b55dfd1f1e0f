"""How long a cluster's own machinery takes: membership, watchdogs, locks and booting.

The virtual clock's contract knows none of these delays; the paced clock has them as real daemons
do (corosync 3, pmxcfs and watchdog-mux of Proxmox VE 9).
"""

from virton.frozen import frozen

LOCK_LIFETIME_S = 120

JOIN_S = 3
BOOT_JOIN_S = 7
BOOT_FILES_S = 4
BOOT_DAEMONS_S = 11
REBOOT_S = 60
"""From a machine's going down to its coming up: its firmware and kernel. No recording tells it, as
they are of daemons; servers take one minute to several."""


@frozen
class Totem:
    """Corosync's settings, in milliseconds; the coefficient counts for each node beyond two."""

    token_ms: int = 3000
    coefficient_ms: int = 650
    consensus_ms: int | None = None

    def token_loss_ms(self, nodes: int) -> int:
        """Return how long a silent token is waited for in a cluster of so many nodes."""
        return self.token_ms + self.coefficient_ms * max(0, nodes - 2)

    def loss_ms(self, nodes: int) -> int:
        """Return how long it takes until those who are left agree that a node is gone."""
        token_ms = self.token_loss_ms(nodes)
        consensus_ms = token_ms * 6 // 5 if self.consensus_ms is None else self.consensus_ms
        return token_ms + consensus_ms


@frozen
class Timing:
    """The delays of a world, in seconds; as it stands here, those of the virtual clock: none.

    A watchdog fires when it was fed more than `watchdog_s` ago, and takes no food any more after
    `watchdog_deaf_s`. With `locks_linger` a lock that ran out is only removed by who tries first,
    and a daemon that begins anew does not own what it held before. With `cut_off_is_blind` a node
    without network has no quorum, whatever its votes.
    """

    token_s: int = 0
    loss_s: int = 0
    join_s: int = 0
    boot_join_s: int = 0
    boot_files_s: int = 0
    boot_daemons_s: int = 0
    reboot_s: int = 0
    watchdog_s: int = 60
    watchdog_deaf_s: int | None = None
    locks_linger: bool = False
    cut_off_is_blind: bool = True


VIRTUAL = Timing()
COROSYNC = Totem()


def real_timing(nodes: int, totem: Totem = COROSYNC) -> Timing:
    """Return the delays of a real cluster of so many nodes.

    watchdog-mux gives a client up after 60 s, and the device resets the node 10 s later.
    """
    return Timing(
        token_s=_seconds(totem.token_loss_ms(nodes)),
        loss_s=_seconds(totem.loss_ms(nodes)),
        join_s=JOIN_S,
        boot_join_s=BOOT_JOIN_S,
        boot_files_s=BOOT_FILES_S,
        boot_daemons_s=BOOT_DAEMONS_S,
        reboot_s=REBOOT_S,
        watchdog_s=69,
        watchdog_deaf_s=59,
        locks_linger=True,
        cut_off_is_blind=False,
    )


def _seconds(milliseconds: int) -> int:
    return max(1, (milliseconds + 500) // 1000)
