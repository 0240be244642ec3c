"""The bounds over all connections: how long each may take, how many there may be, and which one is closed first."""

import asyncio
import heapq
from collections import Counter
from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import Protocol

# Memory for this many is about 100 MB. Fewer where the process may open fewer descriptors.
MAX_CONNECTIONS = 10_000
# Requests with more than 64 KiB whose body or answer is held at once. Each takes 1 MiB, and its answer less.
MAX_LARGE = 32
# Descriptors that connections leave to the database, the log and the files that are served.
RESERVED_DESCRIPTORS = 128
SWEEP_S = 1.0
# A client that takes nothing of its answer for so long makes room for others.
STALLED_S = 5
# How long requests that are under way at SIGTERM may take.
DRAIN_S = 4


class Phase(IntEnum):
    """What a connection does. Where there are too many, the lowest is closed first."""

    LEAVING = 0
    """Its last request was refused; what still comes is dropped."""
    NEW = 1
    """No request has come yet."""
    KEPT = 2
    """All its requests are answered."""
    RECEIVING = 3
    """A part of a request has come."""
    ANSWERING = 4
    """A request is being worked on, or an answer is being sent."""


LIMITS_S = {
    Phase.LEAVING: 5,
    Phase.NEW: 10,
    Phase.KEPT: 75,
    Phase.RECEIVING: 15,  # from the first byte of the request to the last
    Phase.ANSWERING: 30,  # in which the client takes no byte of the answer
}


class HeldConnection(Protocol):
    """A connection as the bounds see it."""

    since: int
    """When its phase began, or its answer last made progress; on the clock of `Connections.now`."""

    @property
    def phase(self) -> Phase:
        """What it does now."""

    def progresses(self) -> bool:
        """Whether its answer went on since the last time that this was asked."""

    def hang_up(self) -> None:
        """Close it at once."""


def overdue(phase: Phase, since: int, now: int) -> bool:
    """Whether a connection has been in its phase for too long."""
    return now - since > LIMITS_S[phase]


def first_to_close(connections: Iterable[HeldConnection], count: int, now: int) -> list[HeldConnection]:
    """At most `count` connections to close for others: the lowest phase first, and of one phase the oldest.

    None of them is being answered, unless its client has stopped taking the answer.
    """
    closable = [
        connection
        for connection in connections
        if connection.phase is not Phase.ANSWERING or now - connection.since > STALLED_S
    ]
    return heapq.nsmallest(count, closable, key=lambda connection: (connection.phase, connection.since))


def most_connections(descriptors: int) -> int:
    """How many connections a process that may open so many descriptors should hold."""
    return min(MAX_CONNECTIONS, descriptors - min(RESERVED_DESCRIPTORS, descriptors // 2))


class Connections:
    """Every open connection of a server.

    Time is counted in sweeps, which are at least a second apart: a process that was held up does not take its own delay
    for its clients', and a request costs no look at a clock.

    Args:
        descriptors: how many the process may open.
        is_proxy: whether an address is a trusted proxy, which speaks for many clients; any other may have half of the
            connections.
        network_of: the network of an address, for which connections are counted.
    """

    def __init__(self, descriptors: int, is_proxy: Callable[[str], bool], network_of: Callable[[str], str]) -> None:
        self.now = 0
        self._most = most_connections(descriptors)
        self._most_of_one = max(1, self._most // 2)
        # A new descriptor has the lowest free number: one as high as this says that hardly any is left.
        self._last_descriptor = descriptors - min(RESERVED_DESCRIPTORS, descriptors // 2) // 4
        self._is_proxy = is_proxy
        self._network_of = network_of
        self._open: dict[HeldConnection, str] = {}
        self._count_by_network: Counter[str] = Counter()
        self._last_sweep: int | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._large = 0

    def __len__(self) -> int:
        return len(self._open)

    def admit(self, connection: HeldConnection, address: str, descriptor: int) -> bool:
        """Count a new connection. Where there are too many, others are closed for it.

        Returns:
            False where it cannot be had: none can be closed for it, or the server is stopping.
        """
        network = self._network_of(address)
        if self._last_sweep is not None or not self._has_room(network, address, descriptor):
            return False
        connection.since = self.now
        self._open[connection] = network
        self._count_by_network[network] += 1
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SWEEP_S, self._sweep_and_go_on)
        return True

    def leave(self, connection: HeldConnection) -> None:
        """Count a connection no more."""
        network = self._open.pop(connection, None)
        if network is not None:
            self._count_by_network[network] -= 1
            if not self._count_by_network[network]:
                del self._count_by_network[network]

    def take_large(self) -> bool:
        """Count a large request. False where there are too many."""
        if self._large >= MAX_LARGE:
            return False
        self._large += 1
        return True

    def give_large_back(self) -> None:
        """Count a large request no more."""
        self._large -= 1

    def sweep(self) -> None:
        """Let a second pass, and close the connections that took too long."""
        self.now += 1
        stopped = self._last_sweep is not None and self.now > self._last_sweep
        for connection in list(self._open):
            phase = connection.phase
            if phase is Phase.ANSWERING and connection.progresses():
                connection.since = self.now
            if stopped or overdue(phase, connection.since, self.now):
                connection.hang_up()

    def drain(self) -> None:
        """Admit no more, and close what is left after DRAIN_S."""
        self._last_sweep = self.now + DRAIN_S

    def _has_room(self, network: str, address: str, descriptor: int) -> bool:
        if self._count_by_network[network] >= self._most_of_one and not self._is_proxy(address):
            return self._make_room([one for one, its_network in self._open.items() if its_network == network])
        if len(self._open) >= self._most or descriptor >= self._last_descriptor:
            return self._make_room(list(self._open))
        return True

    def _make_room(self, crowd: list[HeldConnection]) -> bool:
        # Some at once, so that a flood of new connections does not look through all of them for each.
        going = first_to_close(crowd, 1 + len(crowd) // 32, self.now)
        for connection in going:
            self.leave(connection)
            connection.hang_up()
        return bool(going)

    def _sweep_and_go_on(self) -> None:
        self.sweep()
        self._timer = asyncio.get_running_loop().call_later(SWEEP_S, self._sweep_and_go_on) if self._open else None
