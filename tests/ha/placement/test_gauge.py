import random
from fractions import Fraction
from math import fsum

from hypothesis import given
from hypothesis import strategies as st

from virton.ha.placement.gauge import Demand, Gauge, NodeStats, exact_parts

GIB = 1 << 30
shares = st.floats(min_value=0.0, max_value=1e9)


def demand(cpu: float, mem: int = GIB) -> Demand:
    return Demand(cpu, mem, cpu, mem)


@given(st.lists(shares, max_size=30))
def test_the_exact_parts_of_a_sum_are_the_sum(values: list[float]) -> None:
    assert sum(map(Fraction, exact_parts(values))) == sum(map(Fraction, values))


@given(st.lists(shares, min_size=1, max_size=30), shares)
def test_one_value_of_a_sum_can_be_replaced_without_an_error(
    values: list[float], new: float
) -> None:
    replaced = fsum((*exact_parts(values), -values[0], new))
    assert replaced == fsum((new, *values[1:]))


@given(st.lists(st.floats(min_value=0.01, max_value=512.0), max_size=30), st.randoms())
def test_the_order_of_counting_does_not_show(cores: list[float], order: random.Random) -> None:
    shuffled = order.sample(cores, len(cores))
    gauges = []
    for values in (cores, shuffled):
        gauge = Gauge({"a": NodeStats(24, 64 * GIB)}, measured=False)
        for cpu in values:
            gauge.count(0, demand(cpu))
        gauges.append((gauge.cpu, gauge.mem, gauge.loads()))
    assert gauges[0] == gauges[1]


@given(st.lists(st.floats(min_value=0.01, max_value=512.0), min_size=1, max_size=30))
def test_discounting_undoes_counting_to_the_last_bit(cores: list[float]) -> None:
    gauge = Gauge({"a": NodeStats(24, 64 * GIB, cpu=0.1, mem=5)}, measured=True)
    before = gauge.loads()
    for cpu in cores:
        gauge.count(0, demand(cpu))
    for cpu in reversed(cores):
        gauge.discount(0, demand(cpu))
    assert (gauge.cpu, gauge.mem, gauge.loads()) == ([0.1], [5], before)


def test_sums_that_floats_can_hold_are_those_floats() -> None:
    gauge = Gauge({"a": NodeStats(24, 64 * GIB)}, measured=False)
    for cpu in (4.0, 0.5, 2.25):
        gauge.count(0, demand(cpu))
    assert gauge.cpu == [6.75]
    assert gauge.cpu_load == [6.75 / 24.0]
    assert gauge.mem_load == [3.0 / 64.0]


def test_a_resource_without_a_limit_takes_all_the_cores_that_the_node_has() -> None:
    gauge = Gauge({"a": NodeStats(24, GIB), "b": NodeStats(8, GIB)}, measured=False)
    gauge.count(0, demand(0.0))
    gauge.count(1, demand(0.0))
    assert gauge.cpu == [24.0, 8.0]


def test_a_node_has_whole_cores_and_nodes_are_in_name_order() -> None:
    gauge = Gauge({"b": NodeStats(8.9, GIB), "a": NodeStats(4.0, GIB)}, measured=False)
    assert gauge.names == ("a", "b")
    assert gauge.maxcpu == [4.0, 8.0]
