"""The cluster's HA settings, as the chronicle compares them: read now and then, as they rarely change."""

from dataclasses import dataclass

from virton.console.clock import Clock
from virton.console.lender import Lender
from virton.proxmox import ApiFailure, ClusterApi, ProxmoxClient
from virton.proxmox.settings import HaOptions, parse_options
from virton.story.sight import Settings

EVERY_S = 30.0


@dataclass(slots=True)
class Options:
    """Reads them with the console's own eyes, or a viewer's."""

    client: ProxmoxClient
    lender: Lender
    clock: Clock
    _read_at: float = float("-inf")

    async def news(self, version: str | None) -> Settings | None:
        """Return the settings; None where it is too soon, or they cannot be read."""
        now, credentials = self.clock.monotonic(), self.lender.current()
        if version is None or credentials is None or now - self._read_at < EVERY_S:
            return None
        self._read_at = now
        api = ClusterApi(self.client, credentials)
        try:
            options = await api.read("/cluster/options", lambda data: parse_options(data, version))
        except ApiFailure:
            return None
        return _settings(options)


def _settings(options: HaOptions) -> Settings:
    """Return what is set by its name; how load is measured is written as `ha`, which says little."""
    scheduling = {"scheduler" if key == "ha" else key: value for key, value in options.crs.items()}
    return {**options.policy, **scheduling}
