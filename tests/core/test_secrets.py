"""The api-secret: enough chance, a checksum that catches mistakes, nothing shown."""

import re
import secrets
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bithuman.core.secrets import LENGTH, PATTERN, check_secret, hash_secret, is_well_formed, mask, new_secret
from bithuman.errors import TokenValidationError

draws = st.integers(min_value=0, max_value=62**33 - 1)


def secret_of(number: int) -> str:
    return new_secret(lambda _: number)


def test_has_at_least_192_random_bits() -> None:
    bounds: list[int] = []

    def draw(bound: int) -> int:
        bounds.append(bound)
        return 0

    new_secret(draw)
    assert bounds[0] >= 2**192


def test_two_draws_differ() -> None:
    assert new_secret(secrets.randbelow) != new_secret(secrets.randbelow)


@given(draws)
def test_is_found_by_pattern_and_checks_out(number: int) -> None:
    secret = secret_of(number)
    assert re.fullmatch(PATTERN, secret)
    assert len(secret) == LENGTH
    assert check_secret(secret) == secret


@given(draws, st.integers(4, LENGTH - 1), st.sampled_from(string.ascii_letters + string.digits))
def test_one_mistyped_character_is_caught(number: int, position: int, wrong: str) -> None:
    secret = secret_of(number)
    typo = secret[:position] + wrong + secret[position + 1 :]
    assert is_well_formed(typo) == (typo == secret)


@given(draws, st.integers(0, LENGTH - 1))
def test_a_truncated_paste_is_caught_and_counted(number: int, length: int) -> None:
    with pytest.raises(TokenValidationError) as caught:
        check_secret(secret_of(number)[:length])
    assert length < 4 or str(length) in str(caught.value)


@given(st.text(max_size=60))
def test_no_text_breaks_the_check_or_comes_back_in_the_message(text: str) -> None:
    if is_well_formed(text):
        return
    with pytest.raises(TokenValidationError) as caught:
        check_secret(text)
    assert len(text) < 8 or text not in str(caught.value)


def test_the_hash_needs_the_pepper() -> None:
    secret = secret_of(7)
    assert hash_secret(secret, b"a" * 32) != hash_secret(secret, b"b" * 32)
    assert len(hash_secret(secret, b"a" * 32)) == 32


def test_the_mask_shows_twelve_characters() -> None:
    secret = secret_of(62**32 + 12345)
    assert mask(secret) == f"{secret[:8]}…{secret[-4:]}"
