"""What concerns the HA stack as a whole: arming it, its settings; and stopping a guest in time."""

from typing import Any, Literal

from pydantic import Field
from starlette.responses import Response

from virton.console.guard import Call, done
from virton.console.problems import Refusal
from virton.console.translate import Form
from virton.ha.model import DatacenterSettings, SchedulerSettings
from virton.ha.states import BalanceMethod, SchedulerMode, ShutdownPolicy
from virton.proxmox.settings import HaOptions, options_params, parse_options

OPTIONS = "/cluster/options"


class DisarmForm(Form):
    """How the HA stack lets go: everything stays as it is, or goes its own way."""

    mode: Literal["freeze", "ignore"]


class StopForm(Form):
    """How long a guest has to shut down by itself; 0 cuts it off at once."""

    timeout_s: int = Field(ge=0, le=3600)


class SettingsForm(Form):
    """The HA settings as the page's dialog sends them; shares in percent.

    `before` is what the form was filled in from.
    """

    shutdown_policy: ShutdownPolicy
    mode: SchedulerMode
    rebalance_on_start: bool
    auto_rebalance: bool
    threshold: float = Field(ge=0, le=100)
    method: BalanceMethod
    hold_rounds: int = Field(ge=0, le=100_000)
    margin: float = Field(ge=0, le=100)
    before: dict[str, Any] | None = None

    def wanted(self) -> DatacenterSettings:
        """Return the settings in the words of the HA stack."""
        return DatacenterSettings(
            self.shutdown_policy,
            SchedulerSettings(
                mode=self.mode,
                rebalance_on_start=self.rebalance_on_start,
                auto_rebalance=self.auto_rebalance,
                threshold=self.threshold / 100,
                method=self.method,
                hold_rounds=self.hold_rounds,
                margin=self.margin / 100,
            ),
        )


async def disarm(call: Call) -> Response:
    """Have the HA stack let go of all resources."""
    form = await call.form(DisarmForm)
    await call.api.write("POST", "/cluster/ha/status/disarm-ha", {"resource-mode": form.mode})
    return done()


async def arm(call: Call) -> Response:
    """Have the HA stack take up all resources again."""
    await call.api.write("POST", "/cluster/ha/status/arm-ha", {})
    return done()


async def stop(call: Call) -> Response:
    """Stop a resource's guest through the HA stack, which then wants it stopped."""
    form = await call.form(StopForm)
    sid = call.request.path_params["sid"]
    await call.console.poller.refresh()
    guests = call.console.poller.readings.nodes.data.inventory.guests
    guest = next((one for one in guests if one.sid == sid), None)
    if guest is None or guest.node is None:
        raise Refusal(404, "no_guest", f"nobody tells on which node {sid} is")
    path = f"/nodes/{guest.node}/{guest.type}/{guest.vmid}/status"
    if form.timeout_s:
        await call.api.write("POST", f"{path}/shutdown", {"timeout": form.timeout_s})
    else:
        await call.api.write("POST", f"{path}/stop", {})
    return done()


async def show_settings(call: Call) -> Response:
    """Return the HA settings."""
    return done(_told((await _options(call)).settings))


async def change_settings(call: Call) -> Response:
    """Change the HA settings; refused if somebody else has changed them meanwhile."""
    form = await call.form(SettingsForm)
    options = await _options(call)
    if form.before is not None and form.before != _told(options.settings):
        raise Refusal(409, "settings_changed", "the settings have been changed meanwhile")
    if form.auto_rebalance and form.mode is SchedulerMode.BASIC:
        raise Refusal(400, "invalid", None, {"auto_rebalance": "needs_load"})
    params = options_params(options, form.wanted(), await _version(call))
    if params:
        await call.api.write("PUT", OPTIONS, params)
        call.console.forecasts.settings_changed()
    return done()


async def _options(call: Call) -> HaOptions:
    version = await _version(call)
    return await call.api.read(OPTIONS, lambda data: parse_options(data, version))


async def _version(call: Call) -> str:
    return (await call.console.poller.features()).version or ""


def _told(settings: DatacenterSettings) -> dict[str, Any]:
    scheduler = settings.scheduler
    return {
        "shutdown_policy": str(settings.shutdown_policy),
        "mode": str(scheduler.mode),
        "rebalance_on_start": scheduler.rebalance_on_start,
        "auto_rebalance": scheduler.auto_rebalance,
        "threshold": round(scheduler.threshold * 100, 2),
        "method": str(scheduler.method),
        "hold_rounds": scheduler.hold_rounds,
        "margin": round(scheduler.margin * 100, 2),
    }
