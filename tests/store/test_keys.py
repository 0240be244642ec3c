"""The key file: private, whole, rotated without a break."""

import base64
import itertools
import json
import os
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


PEPPER, ONE, TWO = ("A" * 43, "B" * 43, "C" * 44)


def key(kid: object = "a", secret: object = ONE, retired_ms: object = None) -> dict[str, object]:
    return {"kid": kid, "secret": secret, "retired_ms": retired_ms}


@pytest.mark.parametrize(
    "document",
    [
        {"pepper": PEPPER, "signing": [key(secret="")]},
        {"pepper": PEPPER, "signing": [key(secret="B" * 42)]},
        {"pepper": PEPPER, "signing": [key(secret=ONE + "!!!!")]},
        {"pepper": PEPPER, "signing": [key(secret=7)]},
        {"pepper": PEPPER, "signing": [key(kid='a"b')]},
        {"pepper": PEPPER, "signing": [key(kid="../a")]},
        {"pepper": PEPPER, "signing": [key(kid="a\n")]},
        {"pepper": PEPPER, "signing": [key(kid=7)]},
        {"pepper": PEPPER, "signing": [key(kid=None)]},
        {"pepper": PEPPER, "signing": [key(), key("b", TWO)]},
        {"pepper": PEPPER, "signing": [key(), key("a", TWO, 1)]},
        {"pepper": PEPPER, "signing": [key(), key("b", TWO, "1")]},
        {"pepper": PEPPER, "signing": [key(), key("b", TWO, True)]},
        {"pepper": PEPPER, "signing": [key(), key("b", TWO, 1.5)]},
        {"pepper": PEPPER, "signing": [key(retired_ms=1)]},
        {"pepper": PEPPER, "signing": ["a"]},
        {"pepper": PEPPER, "signing": key()},
        {"pepper": PEPPER, "signing": None},
        {"pepper": "A" * 42, "signing": [key()]},
        {"pepper": 7, "signing": [key()]},
        {"pepper": PEPPER},
        7,
        None,
    ],
)
def test_keys_that_are_no_keys_are_refused(tmp_path: Path, document: object) -> None:
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(document))
    path.chmod(0o600)
    with pytest.raises(ConfigurationError, match="damaged"):
        KeyFile(path, secrets.token_bytes).load()


@pytest.mark.parametrize("content", [b"[" * 100_000, b'{"a":' * 100_000, b"\xff\xfe", b"1" * 10_000, b"NaN"])
def test_whatever_the_file_holds_it_is_refused_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(ConfigurationError, match="damaged"):
        KeyFile(path, secrets.token_bytes).load()


def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "keys.json", 0o600)
    with pytest.raises(ConfigurationError, match="not a file"):
        KeyFile(tmp_path / "keys.json", secrets.token_bytes).load()


def test_the_version_changes_with_the_content_and_with_the_mode(tmp_path: Path) -> None:
    file, path = key_file(tmp_path), tmp_path / "keys.json"
    versions = [file.version()]
    file.rotate(1, keep_ms=1)
    versions.append(file.version())
    path.chmod(0o640)
    versions.append(file.version())
    path.unlink()
    versions.append(file.version())
    assert len(set(versions)) == 4
    assert versions[-1] is None


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

    @pytest.mark.parametrize(
        "text", ["", "a", "a:short", "../a:" + "A" * 44, f"{one},{one}", f"{one},b:!", f"{one}!!!!"]
    )
    def test_a_malformed_list_is_refused_and_not_repeated(self, text: str) -> None:
        with pytest.raises(ConfigurationError) as caught:
            parse_signing_keys(text)
        assert "AAAA" not in str(caught.value)
        assert "MTEx" not in str(caught.value)
