"""The cluster-wide locks (directories of pmxcfs), with and without the real ones' slowness."""

from dataclasses import dataclass, field

from virton.frozen import frozen
from virton.ha.environment import LockAnswer
from virton.simulation.timing import LOCK_LIFETIME_S


@dataclass(slots=True)
class Lock:
    """A cluster-wide lock: who renewed it last, and when (s).

    One that ran out is removed at `gone_at_s`; `remover` is the daemon that had it removed, and
    hears of it no sooner than a second later.
    """

    node: str
    renewed_s: int
    gone_at_s: int | None = None
    remover: str | None = None


@dataclass(slots=True)
class Hold:
    """What a daemon remembers of a lock: when it had it last (s), and whether it has it still."""

    had_s: int
    has: bool = True


@frozen
class Asker:
    """Who tries for a lock: a daemon (`node/crm`), and when (s).

    Whether the lock ran out is judged by a node that has kept count since `judged_since_s`, which
    may be the asker's own (`judges`).
    """

    node: str
    source: str
    now_s: int
    judged_since_s: int = 0
    judges: bool = True


@dataclass(slots=True)
class Locks:
    """All locks, and what each daemon remembers of them, by lock."""

    linger: bool = False
    held: dict[str, Lock] = field(default_factory=dict)
    holds: dict[str, dict[str, Hold]] = field(default_factory=dict)

    def acquire(self, lock: str, asker: Asker) -> LockAnswer:
        """Take or renew a lock, if it is free, run out, or the node's own."""
        return self._try(lock, asker) if self.linger else self._take(lock, asker)

    def release(self, lock: str, asker: Asker) -> bool:
        """Give a lock back; False if another node holds it."""
        self.holds.get(asker.source, {}).pop(lock, None)
        held = self.held.get(lock)
        if held is None:
            return False
        if self.runs_out_s(lock, asker.judged_since_s) <= asker.now_s:
            return True
        if held.node != asker.node:
            return False
        del self.held[lock]
        return True

    def forget(self, source: str) -> None:
        """Let a daemon begin anew, without knowing what it held."""
        self.holds.pop(source, None)

    def lose(self, lock: str, source: str) -> None:
        """Note that a daemon could not renew a lock."""
        hold = self.holds.get(source, {}).get(lock)
        if hold is not None:
            hold.has = False

    def runs_out_s(self, lock: str, judged_since_s: int = 0) -> int:
        """Return from when on a lock that is held counts as run out."""
        return max(self.held[lock].renewed_s, judged_since_s) + LOCK_LIFETIME_S + 1

    def _take(self, lock: str, asker: Asker) -> LockAnswer:
        held = self.held.get(lock)
        if held is None or self.runs_out_s(lock) <= asker.now_s:
            self.held[lock] = Lock(asker.node, asker.now_s)
            return LockAnswer.ACQUIRED
        if held.node != asker.node:
            return LockAnswer.REFUSED
        held.renewed_s = asker.now_s
        return LockAnswer.KEPT

    def _try(self, lock: str, asker: Asker) -> LockAnswer:
        """Renew what the daemon had lately, else make the lock or ask for a stale one's removal."""
        self._remove_gone(lock, asker)
        hold = self.holds.setdefault(asker.source, {}).get(lock)
        held = self.held.get(lock)
        if hold is not None and asker.now_s - hold.had_s < LOCK_LIFETIME_S:
            if held is None or held.node != asker.node:
                hold.has = False
                return LockAnswer.REFUSED
            held.renewed_s = asker.now_s
            return self._note(lock, asker, had=hold.has)
        if held is None:
            self.held[lock] = Lock(asker.node, asker.now_s)
            return self._note(lock, asker, had=False)
        if held.gone_at_s is None and self.runs_out_s(lock, asker.judged_since_s) <= asker.now_s:
            held.gone_at_s = asker.now_s
            # the word of another judge comes too late for a second try in the same round
            held.remover = None if asker.judges else asker.source
        self.lose(lock, asker.source)
        return LockAnswer.REFUSED

    def _note(self, lock: str, asker: Asker, *, had: bool) -> LockAnswer:
        self.holds[asker.source][lock] = Hold(asker.now_s)
        return LockAnswer.KEPT if had else LockAnswer.ACQUIRED

    def _remove_gone(self, lock: str, asker: Asker) -> None:
        held = self.held.get(lock)
        if held is None or held.gone_at_s is None:
            return
        if held.remover != asker.source or held.gone_at_s < asker.now_s:
            del self.held[lock]

    def free_s(self, lock: str, judged_since_s: int, now_s: int) -> int:
        """Return when a try for a lock may be of use."""
        held = self.held.get(lock)
        if held is None:
            return now_s
        if held.gone_at_s is not None:
            return held.gone_at_s
        return self.runs_out_s(lock, judged_since_s)
