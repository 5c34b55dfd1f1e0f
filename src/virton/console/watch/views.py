"""The events of the live stream as each viewer may see them, made once for all who see the same."""

from virton.console.page.changes import Beat, Whole
from virton.console.page.model import PageModel
from virton.console.page.sight import beat_seen_by, change_seen_by, seen_by
from virton.console.standings import Standing
from virton.console.watch.feed import Feed
from virton.console.watch.frames import Frame


class Views:
    """Keeps the frames of the present version and second."""

    def __init__(self) -> None:
        self._of: object = None
        self._frames: dict[object, Frame | None] = {}

    def whole(self, standing: Standing, page: PageModel, version: int) -> Frame:
        """Return the whole page model, with its version."""
        frames, key = self._present(version, page.now), ("whole", standing.sight)
        if key not in frames:
            frames[key] = Frame("whole", Whole(version=version, page=seen_by(standing, page)))
        frame = frames[key]
        assert frame is not None  # noqa: S101 - only a change may be nothing
        return frame

    def change(self, standing: Standing, feed: Feed, since: int, now: float) -> Frame | None:
        """Return what changed after a version; None where the whole has to be told."""
        frames, key = self._present(feed.version, now), ("change", since, standing.sight)
        if key not in frames:
            change = feed.change_since(since)
            seen = None if change is None else change_seen_by(standing, change)
            frames[key] = None if seen is None else Frame("change", seen)
        return frames[key]

    def beat(self, standing: Standing, beat: Beat, version: int) -> Frame:
        """Return a sign of life."""
        frames, key = self._present(version, beat.now), ("beat", standing.sight)
        if key not in frames:
            frames[key] = Frame("beat", beat_seen_by(standing, beat))
        frame = frames[key]
        assert frame is not None  # noqa: S101 - only a change may be nothing
        return frame

    def _present(self, version: int, now: float) -> dict[object, Frame | None]:
        """Return the frames of this version and second; those of others are forgotten."""
        if self._of != (version, int(now)):
            self._of = (version, int(now))
            self._frames = {}
        return self._frames
