"""The runtime token: read by others, forged by nobody."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from bithuman.core.refusals import Code, Guess, Refusal
from bithuman.core.tokens import CLOCK_SKEW_MS, Claims, Keyring, SigningKey

KEY = SigningKey("k1", b"0" * 32)
NOW_MS = 1_790_000_000_000
CLAIMS = Claims("user-1", "ab" * 16, "session-1", "jti-1", NOW_MS, NOW_MS + 300_000)
LIFE_MS = 300_000
KEYRING = Keyring([KEY], LIFE_MS)


def segment(document: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()


def forge(header: dict[str, object], payload: str, key: bytes = KEY.secret) -> str:
    """A token with any header and payload, signed well under HS256 with `key`."""
    signed = f"{segment(header)}.{payload}"
    signature = base64.urlsafe_b64encode(hmac.digest(key, signed.encode(), hashlib.sha256)).rstrip(b"=").decode()
    return f"{signed}.{signature}"


def good_payload() -> str:
    return KEYRING.mint(CLAIMS).split(".")[1]


def signed_with_our_header(payload: str) -> str:
    """A payload of somebody else's under a header and a signature of ours."""
    header = KEYRING.mint(CLAIMS).split(".")[0]
    signed = f"{header}.{payload}"
    return (
        signed
        + "."
        + base64.urlsafe_b64encode(hmac.digest(KEY.secret, signed.encode(), hashlib.sha256)).rstrip(b"=").decode()
    )


def refused(token: str, now_ms: int = NOW_MS) -> Refusal:
    with pytest.raises(Refusal) as caught:
        KEYRING.read(token, now_ms)
    return caught.value


def test_an_independent_reader_agrees() -> None:
    token = KEYRING.mint(CLAIMS)
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT", "kid": "k1"}
    read = jwt.decode(
        token,
        KEY.secret,
        algorithms=["HS256"],
        audience=CLAIMS.fingerprint,
        issuer="bitHuman",
        options={"verify_exp": False, "verify_iat": False},
    )
    assert read == {
        "iss": "bitHuman",
        "sub": "user-1",
        "aud": "ab" * 16,
        "sid": "session-1",
        "jti": "jti-1",
        "iat": 1_790_000_000,
        "exp": 1_790_000_300,
    }


def test_the_same_claims_give_the_same_token() -> None:
    assert KEYRING.mint(CLAIMS) == KEYRING.mint(CLAIMS)


@given(st.integers(0, 10_000_000_000_000), st.integers(1, 86_400_000))
def test_times_survive_to_the_millisecond(issued_ms: int, ttl_ms: int) -> None:
    claims = structs.replace(CLAIMS, issued_ms=issued_ms, expires_ms=issued_ms + ttl_ms)
    assert KEYRING.read(KEYRING.mint(claims), issued_ms) == claims


@pytest.mark.parametrize(
    ("now_ms", "code"),
    [
        (CLAIMS.expires_ms + CLOCK_SKEW_MS - 1, None),
        (CLAIMS.expires_ms + CLOCK_SKEW_MS, Code.TOKEN_EXPIRED),
        (CLAIMS.issued_ms - CLOCK_SKEW_MS, None),
        (CLAIMS.issued_ms - CLOCK_SKEW_MS - 1, Code.TOKEN_EXPIRED),
    ],
)
def test_the_skew_is_five_seconds_each_way(now_ms: int, code: Code | None) -> None:
    if code is None:
        assert KEYRING.read(KEYRING.mint(CLAIMS), now_ms) == CLAIMS
    else:
        assert refused(KEYRING.mint(CLAIMS), now_ms).code is code


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none", "typ": "JWT", "kid": "k1"},
        {"alg": "HS512", "typ": "JWT", "kid": "k1"},
        {"alg": "hs256", "typ": "JWT", "kid": "k1"},
        {"alg": "HS256", "typ": "JWT", "kid": "k2"},
        {"alg": "HS256", "typ": "JWT", "kid": "../../keys.json"},
        {"alg": "HS256", "typ": "JWT"},
        {"alg": "HS256", "typ": "JWT", "kid": "k1", "jku": "https://example.com"},
    ],
)
def test_another_header_is_a_guess(header: dict[str, object]) -> None:
    assert isinstance(refused(forge(header, good_payload())), Guess)


def test_the_unsigned_token_of_the_none_attack_is_a_guess() -> None:
    assert isinstance(refused(f"{segment({'alg': 'none'})}.{good_payload()}."), Guess)


def test_another_key_is_a_guess() -> None:
    assert isinstance(refused(Keyring([SigningKey("k1", b"1" * 32)], LIFE_MS).mint(CLAIMS)), Guess)


GOOD = {"iss": "bitHuman", "sub": "u", "aud": "ab", "sid": "s", "jti": "j", "iat": 1_790_000_000, "exp": 1_790_000_300}


@pytest.mark.parametrize("name", list(GOOD))
def test_every_claim_is_required(name: str) -> None:
    without = {key: value for key, value in GOOD.items() if key != name}
    assert isinstance(refused(signed_with_our_header(segment(without))), Guess)


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "bithuman"},
        {"scope": "embed"},
        {"exp": "1790000300"},
        {"sub": 7},
        {"iat": True},
        {"exp": None},
        {"exp": float("inf")},
        {"iat": float("nan")},
    ],
)
def test_another_kind_of_token_does_not_pass(change: dict[str, object]) -> None:
    assert isinstance(refused(signed_with_our_header(segment(GOOD | change))), Guess)


def test_a_duplicate_claim_does_not_pass() -> None:
    text = json.dumps(GOOD)[:-1] + ', "sub": "somebody-else"}'
    payload = base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()
    assert isinstance(refused(signed_with_our_header(payload)), Guess)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    refused(text)


@given(st.text(max_size=60))
def test_no_payload_breaks_the_reader(text: str) -> None:
    payload = base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()
    refused(signed_with_our_header(payload))


@given(st.data())
def test_no_character_may_be_changed(data: st.DataObject) -> None:
    token = KEYRING.mint(CLAIMS)
    position = data.draw(st.integers(0, len(token) - 1))
    character = data.draw(st.sampled_from("ABCxyz019-_.="))
    changed = token[:position] + character + token[position + 1 :]
    if changed != token:
        refused(changed)


def test_a_retired_key_still_verifies_and_no_longer_signs() -> None:
    new = SigningKey("k2", b"2" * 32)
    keyring = Keyring([new, replace(KEY, retired_ms=NOW_MS)], LIFE_MS)
    assert keyring.read(KEYRING.mint(CLAIMS), NOW_MS) == CLAIMS
    assert jwt.get_unverified_header(keyring.mint(CLAIMS))["kid"] == "k2"


class TestAStolenKey:
    """Once it is retired it is worth nothing: neither for a token of a later date, nor for one that is dated back."""

    keyring = Keyring([SigningKey("k2", b"2" * 32), replace(KEY, retired_ms=NOW_MS)], LIFE_MS)

    def test_signs_no_later_token(self) -> None:
        later_ms = NOW_MS + CLOCK_SKEW_MS + 1
        forged = KEYRING.mint(structs.replace(CLAIMS, issued_ms=later_ms, expires_ms=later_ms + LIFE_MS))
        with pytest.raises(Guess):
            self.keyring.read(forged, later_ms)

    def test_signs_no_token_that_lives_on(self) -> None:
        forged = KEYRING.mint(structs.replace(CLAIMS, expires_ms=NOW_MS + 10**9))
        assert self.keyring.read(forged, NOW_MS + LIFE_MS).session_id == CLAIMS.session_id
        with pytest.raises(Guess):
            self.keyring.read(forged, NOW_MS + LIFE_MS + CLOCK_SKEW_MS + 1)


def test_a_key_shows_no_key() -> None:
    assert "0000" not in repr(KEY)
