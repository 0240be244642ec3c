"""What hot requests say in their bodies."""

import re
from typing import Any

from bithuman.core import refusals
from bithuman.core.refusals import Code, Refusal
from bithuman.http.wire import whole_number
from bithuman.service.exchange import TokenRequest

MIN_FINGERPRINT, MAX_FINGERPRINT = 16, 128
MAX_SEQ = 2**53
MAX_BEATS = 1_000
# The most characters of each text.
TEXT_FIELDS = {
    "transaction_id": 128,
    "agent_code": 64,
    "user_id": 128,
    "billing_type": 64,
    "room_name": 256,
    "tags": 256,
    "runtime_model_hash": 128,
    "runtime_version": 64,
}
# The store's names of the fields that change no rule (`store.rows.DETAILS`).
_DETAILS = {
    "user_id": "end_user",
    "room_name": "room_name",
    "tags": "tags",
    "runtime_model_hash": "model_hash",
    "runtime_version": "runtime_version",
}
# With the halves of characters that JSON can spell and UTF-8 cannot.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_HEX = frozenset("0123456789abcdefABCDEF")


def read_token_request(document: dict[str, Any]) -> TokenRequest:
    """Read what a client asks for. Unknown fields are ignored.

    Raises:
        Refusal: VALIDATION_ERROR that names the field and what it takes.
    """
    fingerprint = document.get("fingerprint")
    if fingerprint is not None and not (
        isinstance(fingerprint, str)
        and MIN_FINGERPRINT <= len(fingerprint) <= MAX_FINGERPRINT
        and _HEX.issuperset(fingerprint)
    ):
        raise refusals.invalid(f"fingerprint must be {MIN_FINGERPRINT} to {MAX_FINGERPRINT} hexadecimal digits.")
    text = {name: _text(name, value) for name, value in document.items() if name in TEXT_FIELDS}
    return TokenRequest(
        fingerprint,
        text.get("transaction_id"),
        text.get("billing_type"),
        text.get("agent_code"),
        {_DETAILS[name]: value for name, value in text.items() if name in _DETAILS},
    )


def read_seq(document: dict[str, Any]) -> int:
    """A heartbeat's number.

    Raises:
        Refusal: MISSING_PARAM or VALIDATION_ERROR.
    """
    if "seq" not in document:
        raise Refusal(Code.MISSING_PARAM, "seq is missing: number your heartbeats 0, 1, 2 and so on.")
    seq = whole_number(document["seq"])
    if type(seq) is not int or not 0 <= seq <= MAX_SEQ:
        raise refusals.invalid("seq must be a whole number, zero or more.")
    return seq


def list_beats(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The heartbeats of many sessions, as they came.

    Raises:
        Refusal: MISSING_PARAM or VALIDATION_ERROR: they are no list, or too many.
    """
    if "beats" not in document:
        raise Refusal(Code.MISSING_PARAM, "beats is missing: give a list of heartbeats.")
    beats = document["beats"]
    if not isinstance(beats, list) or len(beats) > MAX_BEATS or not all(isinstance(beat, dict) for beat in beats):
        raise refusals.invalid(f"beats must be a list of at most {MAX_BEATS} objects with token and seq.")
    return beats


def read_beat(beat: dict[str, Any]) -> tuple[str, int] | Refusal:
    """A heartbeat's token and number, or why it has none."""
    token = beat.get("token")
    if not token:
        return Refusal(Code.MISSING_AUTH, "No runtime token. Send it as token.")
    if not isinstance(token, str):
        return refusals.forged_token()
    try:
        return token, read_seq(beat)
    except Refusal as refusal:
        return refusal


def _text(name: str, value: Any) -> str | None:
    """A text field. Null, or an empty text, is the same as leaving it out."""
    if value is None or value == "":
        return None
    longest = TEXT_FIELDS[name]
    if not isinstance(value, str) or len(value) > longest or _CONTROL.search(value):
        raise refusals.invalid(f"{name} must be a text of at most {longest} characters and no control characters.")
    return value
