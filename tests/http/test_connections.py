"""The bounds over all connections: time passes when a test sweeps, and no socket is opened."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bithuman.http.connections import (
    DRAIN_S,
    LIMITS_S,
    MAX_CONNECTIONS,
    RESERVED_DESCRIPTORS,
    STALLED_S,
    Connections,
    Phase,
    first_to_close,
    most_connections,
    overdue,
)
from bithuman.http.protocol import MAX_REQUEST_BYTES
from bithuman.http.requests import MAX_BODY_BYTES, MAX_HEAD_BYTES
from bithuman.service.settings import load_settings

SMALL = 20  # descriptors: ten connections, five from one network


@dataclass(eq=False)
class Held:
    """A connection whose phase a test sets."""

    phase: Phase = Phase.NEW
    since: int = 0
    going_on: bool = False
    closed: bool = False

    def progresses(self) -> bool:
        return self.going_on

    def hang_up(self) -> None:
        self.closed = True


def connections(descriptors: int = SMALL, is_proxy: Callable[[str], bool] = lambda _: False) -> Connections:
    return Connections(descriptors, is_proxy, network_of=lambda address: address.partition("%")[0])


def admitted(everybody: Connections, count: int, address: str = "192.0.2.{}", phase: Phase = Phase.NEW) -> list[Held]:
    """`count` new connections, each from an address of its own where `address` has a place for a number."""
    held = [Held(phase) for _ in range(count)]
    for number, one in enumerate(held):
        assert everybody.admit(one, address.format(number), descriptor=3)
    return held


class TestOverdue:
    @pytest.mark.parametrize("phase", Phase)
    def test_a_phase_lasts_as_long_as_its_limit_and_no_longer(self, phase: Phase) -> None:
        assert not overdue(phase, since=7, now=7 + LIMITS_S[phase])
        assert overdue(phase, since=7, now=8 + LIMITS_S[phase])

    def test_silence_and_then_half_a_request_last_less_than_30_s_together(self) -> None:
        sweeps = 2  # each limit ends with the sweep after it
        assert LIMITS_S[Phase.NEW] + LIMITS_S[Phase.RECEIVING] + sweeps < 30

    def test_an_answered_connection_is_kept_for_75_s(self) -> None:
        assert LIMITS_S[Phase.KEPT] == 75


class TestFirstToClose:
    def test_those_without_a_request_go_first_and_the_oldest_of_them_before_the_others(self) -> None:
        receiving, kept = Held(Phase.RECEIVING, since=1), Held(Phase.KEPT, since=2)
        young, old, leaving = Held(Phase.NEW, since=5), Held(Phase.NEW, since=3), Held(Phase.LEAVING, since=9)
        assert first_to_close([receiving, kept, young, old, leaving], 5, 0) == [leaving, old, young, kept, receiving]

    def test_of_the_same_second_the_one_that_was_opened_first_goes_first(self) -> None:
        first, second = Held(), Held()
        assert first_to_close([first, second], 1, 0) == [first]

    def test_what_is_being_answered_never_goes(self) -> None:
        assert first_to_close([Held(Phase.ANSWERING), Held(Phase.ANSWERING)], 2, STALLED_S) == []

    def test_an_answer_that_its_client_stopped_taking_goes_last(self) -> None:
        stalled, receiving = Held(Phase.ANSWERING), Held(Phase.RECEIVING)
        assert first_to_close([stalled, receiving], 2, STALLED_S + 1) == [receiving, stalled]


class TestMostConnections:
    @pytest.mark.parametrize(("descriptors", "most"), [(64, 32), (400, 272), (1_024, 896), (10**6, MAX_CONNECTIONS)])
    def test_it_leaves_descriptors_for_the_rest_of_the_server(self, descriptors: int, most: int) -> None:
        assert most_connections(descriptors) == most

    def test_one_address_may_have_a_thousand_where_descriptors_allow(self) -> None:
        assert most_connections(2_128) // 2 == 1_000


def test_the_documentation_says_what_the_bounds_are() -> None:
    page = (Path(__file__).parents[2] / "docs" / "http-api.md").read_text()
    section = page.partition("## Limits of a connection")[2].partition("\n## ")[0]
    for row in (
        f"| request line and headers | {MAX_HEAD_BYTES // 1024} KiB |",
        f"| body | {MAX_BODY_BYTES // 1024} KiB |",
        f"with chunk sizes and trailers | {MAX_REQUEST_BYTES // 1024} KiB |",
        f"sends nothing | {LIMITS_S[Phase.NEW]} s |",
        f"from its first byte to its last | {LIMITS_S[Phase.RECEIVING]} s |",
        f"after an answer | {LIMITS_S[Phase.KEPT]} s ",
        f"| an answer | {LIMITS_S[Phase.ANSWERING]} s ",
        f"| {MAX_CONNECTIONS:,}, or the process's descriptors less {RESERVED_DESCRIPTORS} ",
        f"have {DRAIN_S} s to be answered",
    ):
        assert row in section


@pytest.mark.parametrize(
    ("address", "trusted"),
    [
        ("10.0.0.1", True),
        ("::ffff:10.0.0.1", True),
        ("192.0.2.7", True),
        ("::1", True),
        ("192.0.2.8", False),
        ("2001:db8::1", False),
        ("", False),
    ],
)
def test_whose_connections_are_a_trusted_proxys(tmp_path: Path, address: str, trusted: bool) -> None:
    settings = load_settings(data_dir=tmp_path, trusted_proxies="10.0.0.0/8, 192.0.2.7,::1")
    assert settings.is_trusted_proxy(address) is trusted
    assert not load_settings(data_dir=tmp_path, trusted_proxies="").is_trusted_proxy(address)


class TestAdmission:
    async def test_over_the_bound_the_oldest_idle_connection_is_closed_for_the_new_one(self) -> None:
        everybody = connections()
        busy, *idle = admitted(everybody, 10)
        busy.phase = Phase.ANSWERING
        everybody.sweep()
        admitted(everybody, 3, "198.51.100.{}")
        assert [one.closed for one in (busy, *idle)] == [False, True, True, True, *[False] * 6]
        assert len(everybody) == 10

    async def test_half_sent_requests_are_closed_where_nothing_is_idle(self) -> None:
        everybody = connections()
        half_sent = admitted(everybody, 10, phase=Phase.RECEIVING)
        admitted(everybody, 1, "198.51.100.1")
        assert [one.closed for one in half_sent] == [True, *[False] * 9]

    async def test_where_all_are_being_answered_the_new_one_is_refused(self) -> None:
        everybody = connections()
        admitted(everybody, 10, phase=Phase.ANSWERING)
        assert not everybody.admit(Held(), "198.51.100.1", descriptor=3)
        assert len(everybody) == 10

    async def test_one_network_has_half_and_closes_only_its_own(self) -> None:
        everybody = connections()
        good = admitted(everybody, 4)
        flood = admitted(everybody, 50, "198.51.100.1")
        assert not any(one.closed for one in good)
        assert [one.closed for one in flood] == [True] * 45 + [False] * 5

    async def test_a_network_whose_connections_are_all_being_answered_gets_no_more(self) -> None:
        everybody = connections()
        admitted(everybody, 5, "2001:db8::1%a", phase=Phase.ANSWERING)
        assert not everybody.admit(Held(), "2001:db8::1%b", descriptor=3)
        assert everybody.admit(Held(), "192.0.2.1", descriptor=3)

    async def test_a_trusted_proxy_may_have_all(self) -> None:
        everybody = connections(is_proxy=lambda address: address == "10.0.0.1")
        assert not any(one.closed for one in admitted(everybody, 10, "10.0.0.1"))

    async def test_a_descriptor_near_the_last_one_counts_as_too_many(self) -> None:
        everybody = connections(descriptors=400)
        (idle,) = admitted(everybody, 1)
        assert everybody.admit(Held(), "192.0.2.9", descriptor=399)
        assert idle.closed

    async def test_places_are_given_back(self) -> None:
        everybody = connections()
        for one in admitted(everybody, 5, "198.51.100.1", Phase.ANSWERING):
            everybody.leave(one)
            everybody.leave(one)
        assert len(everybody) == 0
        admitted(everybody, 5, "198.51.100.1", Phase.ANSWERING)


class TestSweep:
    @pytest.mark.parametrize("phase", Phase)
    async def test_what_takes_too_long_is_closed(self, phase: Phase) -> None:
        everybody = connections()
        (one,) = admitted(everybody, 1, phase=phase)
        for _ in range(LIMITS_S[phase]):
            everybody.sweep()
        assert not one.closed
        everybody.sweep()
        assert one.closed

    async def test_an_answer_that_goes_on_is_never_too_long(self) -> None:
        everybody = connections()
        (one,) = admitted(everybody, 1, phase=Phase.ANSWERING)
        one.going_on = True
        for _ in range(1_000):
            everybody.sweep()
        assert not one.closed


class TestDrain:
    async def test_nobody_is_admitted_and_what_is_left_is_closed_in_the_end(self) -> None:
        everybody = connections()
        (one,) = admitted(everybody, 1, phase=Phase.ANSWERING)
        one.going_on = True
        everybody.drain()
        assert not everybody.admit(Held(), "192.0.2.1", descriptor=3)
        for _ in range(DRAIN_S):
            everybody.sweep()
        assert not one.closed
        everybody.sweep()
        assert one.closed
