"""The key file: private, whole, rotated without a break."""

import base64
import itertools
import secrets
from pathlib import Path

import pytest

from bithuman.core.tokens import Claims, Keyring
from bithuman.errors import ConfigurationError
from bithuman.store.keys import KeyFile, parse_signing_keys

LIFE_MS = 300_000
CLAIMS = Claims("u", "ab", "s", "j", 1_000, 301_000)


def key_file(folder: Path) -> KeyFile:
    file = KeyFile(folder / "keys.json", secrets.token_bytes)
    file.create()
    return file


def test_is_made_once_and_read_by_its_owner_alone(tmp_path: Path) -> None:
    first = key_file(tmp_path).load()
    assert key_file(tmp_path).load() == first
    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["keys.json"]


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    key_file(tmp_path).load()
    (tmp_path / "keys.json").chmod(0o640)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        key_file(tmp_path).load()


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"pepper":"AA","signing":[]}', "\x00"])
def test_a_damaged_file_is_refused_and_kept(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(ConfigurationError, match="damaged"):
        key_file(tmp_path).load()
    assert path.read_text() == content


def test_tokens_of_a_rotated_key_live_out_their_time(tmp_path: Path) -> None:
    file = key_file(tmp_path)
    old = Keyring(file.load().signing, LIFE_MS)
    version = file.version()
    new_key = file.rotate(2_000, keep_ms=300_000)
    assert file.version() != version
    rotated = file.load()
    keyring = Keyring(rotated.signing, LIFE_MS)
    assert keyring.read(old.mint(CLAIMS), 2_000) == CLAIMS
    assert rotated.signing[0] == new_key
    assert keyring.mint(CLAIMS) != old.mint(CLAIMS)
    assert len(rotated.signing) == 2


def test_a_key_is_dropped_once_no_token_of_it_can_live(tmp_path: Path) -> None:
    file = key_file(tmp_path)
    kids = [file.load().signing[0].kid]
    kids += [file.rotate(now_ms, keep_ms=300_000).kid for now_ms in (0, 200_000, 310_000)]
    assert [key.kid for key in file.load().signing] == [kids[3], kids[2], kids[1]]


def test_a_missing_file_is_named_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"keys\.json is missing"):
        KeyFile(tmp_path / "keys.json", secrets.token_bytes).load()
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_no_file_behind(tmp_path: Path) -> None:
    draws = itertools.chain([b"x" * 32, b"x" * 6], itertools.repeat(b"y" * 32))
    file = KeyFile(tmp_path / "missing" / "keys.json", lambda _: next(draws))
    with pytest.raises(OSError, match="missing"):
        file.create()
    assert list(tmp_path.iterdir()) == []


class TestGivenByEnvironment:
    one = "a:" + base64.urlsafe_b64encode(b"1" * 32).decode()
    two = "b:" + base64.urlsafe_b64encode(b"2" * 48).decode().rstrip("=")

    def test_the_first_signs_and_all_verify(self) -> None:
        both = Keyring(parse_signing_keys(f"{self.one}, {self.two}"), LIFE_MS)
        assert both.mint(CLAIMS) == Keyring(parse_signing_keys(self.one), LIFE_MS).mint(CLAIMS)
        assert both.read(Keyring(parse_signing_keys(self.two), LIFE_MS).mint(CLAIMS), 2_000) == CLAIMS

    @pytest.mark.parametrize("text", ["", "a", "a:short", "../a:" + "A" * 44, f"{one},{one}", f"{one},b:!"])
    def test_a_malformed_list_is_refused_and_not_repeated(self, text: str) -> None:
        with pytest.raises(ConfigurationError) as caught:
            parse_signing_keys(text)
        assert "AAAA" not in str(caught.value)
        assert "MTEx" not in str(caught.value)
