"""Whether the engine may compute frames now: the one thing that crosses from the client to the engine."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class PauseReason(StrEnum):
    """Why no frame is computed."""

    NOT_STARTED = "not_started"
    UNAUTHORIZED = "unauthorized"
    NO_CREDITS = "no_credits"
    FORBIDDEN = "forbidden"
    SESSION_ENDED = "session_ended"
    OUTAGE = "outage"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Decision:
    """The permit at one moment. `until_s` is on the permit's own clock; `detail` is a sentence for a person."""

    reason: PauseReason | None
    detail: str = ""
    until_s: float = 0.0

    @property
    def allowed(self) -> bool:
        """Whether a frame may be computed."""
        return self.reason is None


class Permit:
    """Permission to render that lapses by itself, and holds no secret and no token.

    The client grants it up to a moment and renews it with every heartbeat; the engine asks before every frame. If the
    client dies, hangs or is cut off, the permit runs out without anybody's help. One thread may write while others
    read: a decision is replaced whole.

    Args:
        clock: seconds that never step and go on while the host sleeps (see `bithuman.client.clock.elapsed_s`).
    """

    __slots__ = ("_clock", "_decision")

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._decision = Decision(PauseReason.NOT_STARTED, "The session has not started.")

    def grant(self, until_s: float) -> None:
        """Allow frames until `until_s` on the permit's clock."""
        self._decision = Decision(None, until_s=until_s)

    def pause(self, reason: PauseReason, detail: str) -> None:
        """Allow no frame from now on, and say why."""
        self._decision = Decision(reason, detail)

    def ask(self) -> Decision:
        """The decision that holds now."""
        decision = self._decision
        if decision.allowed and self._clock() >= decision.until_s:
            return Decision(PauseReason.OUTAGE, "The service could not be reached for longer than the grace.")
        return decision
