"""datacenter.cfg: what the HA stack takes from the cluster's settings."""

import pytest

from virton.ha.config import datacenter
from virton.ha.config.datacenter import parse_datacenter
from virton.ha.model import DatacenterSettings, SchedulerSettings
from virton.ha.states import BalanceMethod, SchedulerMode, ShutdownPolicy


def test_an_empty_file_means_the_defaults() -> None:
    assert parse_datacenter("") == DatacenterSettings()
    assert parse_datacenter("crs:\n") == DatacenterSettings()


def test_shutdown_policy_and_scheduler_are_read() -> None:
    text = (
        "#a%3A note\nkeyboard: de\nha: shutdown_policy=migrate\n"
        "crs: ha=dynamic,ha-rebalance-on-start=1,ha-auto-rebalance=yes,"
        "ha-auto-rebalance-threshold=40,ha-auto-rebalance-method=topsis,"
        "ha-auto-rebalance-hold-duration=5,ha-auto-rebalance-margin=15\n"
    )
    found = datacenter.read_datacenter(text)
    assert found.settings == DatacenterSettings(
        ShutdownPolicy.MIGRATE,
        SchedulerSettings(SchedulerMode.DYNAMIC, True, True, 0.4, BalanceMethod.TOPSIS, 5, 0.15),
    )
    assert found.description == "a: note\n"
    assert found.properties["keyboard"] == "de"


@pytest.mark.parametrize(
    ("value", "percent", "threshold"),
    [
        ("30", None, 0.3),
        ("0.3", None, 0.3),
        ("0.3", True, 0.003),
        ("1", True, 0.01),
        ("1", False, 1),
    ],
)
def test_thresholds_are_fractions_or_percentages(
    value: str, percent: bool | None, threshold: float
) -> None:
    text = f"crs: ha=static,ha-auto-rebalance=1,ha-auto-rebalance-threshold={value}\n"
    assert parse_datacenter(text, percent).scheduler.threshold == pytest.approx(threshold)


@pytest.mark.parametrize(
    "crs",
    [
        "ha=clever",
        "ha",
        "ha=static,ha=basic",
        "ha=static,gravity=1",
        "ha-auto-rebalance-margin=10",
        "ha-auto-rebalance=1,ha-auto-rebalance-threshold=101",
        "ha-auto-rebalance=1,ha-auto-rebalance-threshold=nan",
        "ha-auto-rebalance=1,ha-auto-rebalance-hold-duration=-1",
        "ha-auto-rebalance=perhaps",
    ],
)
def test_a_scheduler_line_that_cannot_be_read_means_the_defaults_and_a_complaint(crs: str) -> None:
    found = datacenter.read_datacenter(f"crs: {crs}\n")
    assert found.settings == DatacenterSettings()
    assert [complaint.key for complaint in found.complaints] == ["crs"]
    assert found.properties["crs"] == crs


def test_an_unknown_shutdown_policy_means_the_default_and_a_complaint() -> None:
    found = datacenter.read_datacenter("ha: shutdown_policy=pray\nwhat\n")
    assert found.settings.shutdown_policy is ShutdownPolicy.CONDITIONAL
    assert [complaint.key for complaint in found.complaints] == [None, "ha"]


def test_the_file_is_written_with_its_description_on_top_and_keys_sorted() -> None:
    text = datacenter.write_datacenter({"keyboard": "de", "crs": "ha=static"}, "a: note\nb\n")
    assert text == "#a%3A note\n#b\n\ncrs: ha=static\nkeyboard: de\n"
    assert datacenter.read_datacenter(text).description == "a: note\nb\n"


def test_property_strings_are_written_sorted() -> None:
    values = datacenter.parse_property_string("ha=static, ,ha-rebalance-on-start=1")
    assert values == {"ha": "static", "ha-rebalance-on-start": "1"}
    assert datacenter.format_property_string(values) == "ha=static,ha-rebalance-on-start=1"
