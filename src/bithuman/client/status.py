"""How a session stands, for the program that runs it."""

from dataclasses import dataclass
from enum import StrEnum

from bithuman.core.permit import PauseReason


class SessionState(StrEnum):
    """The states of a session, for a program."""

    NOT_STARTED = "not_started"
    LIVE = "live"
    GRACE = "grace"
    """Rendering goes on, but the service has not answered for a while."""
    PAUSED = "paused"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class SessionStatus:
    """A session at one moment.

    Attributes:
        state: what it does.
        reason: why no frame is computed, where none is.
        detail: the same as sentences for a person: what happened, what to do next.
        transaction_id: the id that this side gave the session, or will give to the next one.
        session_id: the id that the service gave it.
        grace_left_s: how long frames would go on without another word from the service.
        skipped_frames: how many frames were skipped because `run()` was read too slowly.
    """

    state: SessionState
    reason: PauseReason | None
    detail: str
    transaction_id: str
    session_id: str | None = None
    grace_left_s: float = 0.0
    skipped_frames: int = 0


def state_of(reason: PauseReason | None, failures: int) -> SessionState:
    """The state that a permit's reason and a number of unanswered heartbeats amount to."""
    match reason:
        case None:
            return SessionState.GRACE if failures else SessionState.LIVE
        case PauseReason.NOT_STARTED:
            return SessionState.NOT_STARTED
        case PauseReason.STOPPED:
            return SessionState.STOPPED
        case _:
            return SessionState.PAUSED
