"""What a session's lease does next, decided without I/O.

Time comes in as seconds of one clock that never steps, chance as a number in [0, 1).
"""

from dataclasses import dataclass, replace
from enum import Enum, auto

from bithuman.client.answers import Grant, NoGrant

_FIRST_BACKOFF_S = 1.0
_LEAST_CAP = 1 / 60  # of the interval
_NEVER_S = float("-inf")


class Act(Enum):
    """What can be done about a lease."""

    EXCHANGE = auto()
    """Ask for a token with the api-secret."""
    BEAT = auto()
    """Renew the token that is there."""
    LOOK = auto()
    """Nothing can be asked: look whether there is another api-secret by now."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a lease stands. Each function below makes the next one from an event.

    Attributes:
        has_secret: whether there is an api-secret to exchange.
        has_token: whether there is a token that may still be good.
        until_s: when that token, and with it the permit, runs out.
        interval_s: seconds between heartbeats.
        due_s: when to act next.
        seq: the number of the next heartbeat; it stays until that heartbeat is answered.
        asked_s: when what has no answer yet was first asked.
        problem: what the last answer was, if it granted nothing.
        failures: how many times in a row there was no decision.
    """

    has_secret: bool
    has_token: bool = False
    until_s: float = _NEVER_S
    interval_s: float = 60.0
    due_s: float = _NEVER_S
    seq: int = 1
    asked_s: float | None = None
    problem: NoGrant | None = None
    failures: int = 0

    @property
    def refused(self) -> bool:
        """Whether the service decided against this session."""
        return self.problem is not None and self.problem.reason is not None


def next_act(standing: Standing, now_s: float) -> Act:
    """What to do when `due_s` has come."""
    if standing.problem is not None and standing.refused:
        if not standing.problem.may_pass:
            return Act.LOOK
        return Act.EXCHANGE if standing.has_secret else Act.BEAT
    fresh = standing.has_token and now_s < standing.until_s
    # Without a secret there is nothing but the token: whether it is still good is then for the service to say.
    return Act.BEAT if fresh or not standing.has_secret else Act.EXCHANGE


def sending(standing: Standing, act: Act, now_s: float) -> Standing:
    """A request goes out."""
    # A repeated heartbeat may be answered with the token that was made for its first try.
    keeps = act is Act.BEAT and standing.asked_s is not None
    return standing if keeps else replace(standing, asked_s=now_s)


def granted(standing: Standing, grant: Grant) -> Standing:
    """The request was granted.

    The token's life is counted from when it was first asked for, so it never ends later here than at the server.
    """
    asked_s = _NEVER_S if standing.asked_s is None else standing.asked_s
    return replace(
        standing,
        has_token=True,
        until_s=asked_s + grant.expires_in_s,
        interval_s=grant.heartbeat_interval_s,
        due_s=asked_s + min(grant.heartbeat_interval_s, grant.expires_in_s / 2),
        seq=standing.seq + 1,
        asked_s=None,
        problem=None,
        failures=0,
    )


def refused(standing: Standing, act: Act, problem: NoGrant, now_s: float, chance: float) -> Standing:
    """The request was not granted: a decision, or none."""
    if problem.reason is None:
        return _unanswered(standing, problem, now_s, chance)
    if act is Act.BEAT and standing.has_secret and _only_the_token(standing, problem, now_s):
        # The secret brings the same session back to life, or the service says why not.
        return replace(standing, has_token=False, due_s=now_s)
    return replace(standing, problem=problem, failures=0, asked_s=None, due_s=now_s + standing.interval_s)


def another_secret(standing: Standing, now_s: float) -> Standing:
    """There is a new api-secret: try it at once."""
    return replace(standing, has_secret=True, has_token=False, problem=None, failures=0, due_s=now_s)


def looked_in_vain(standing: Standing, now_s: float) -> Standing:
    """There is none: look again after an interval."""
    return replace(standing, due_s=now_s + standing.interval_s)


def _only_the_token(standing: Standing, problem: NoGrant, now_s: float) -> bool:
    # A token also dies of a clock that stepped or a signing key that changed, which says nothing of the secret.
    return problem.http_status == 401 or (problem.http_status == 409 and now_s >= standing.until_s)


def _unanswered(standing: Standing, problem: NoGrant, now_s: float, chance: float) -> Standing:
    # Full jitter (Brooker, "Exponential Backoff and Jitter", 2015): a fleet must not come back in step.
    cap_s = min(standing.interval_s, _FIRST_BACKOFF_S * 2.0 ** min(standing.failures, 16))
    if now_s < standing.until_s:
        # A service that comes back just before the token ends must be met before it, or frames are lost for nothing.
        cap_s = min(cap_s, max((standing.until_s - now_s) / 2, standing.interval_s * _LEAST_CAP))
    delay_s = max(chance * cap_s, problem.retry_after_s or 0.0)
    if standing.refused:
        # An outage while paused takes nothing back of what the service decided.
        return replace(standing, due_s=now_s + max(delay_s, standing.interval_s))
    return replace(standing, problem=problem, failures=standing.failures + 1, due_s=now_s + delay_s)
