"""Where a credential comes from, and where it may go."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import secrets
import stat
from pathlib import Path

import pytest

from bithuman.client.api_base import api_base
from bithuman.client.credential_file import credentials_path, read_credentials, write_credentials
from bithuman.client.credentials import Credentials, Source, Wallet, resolve
from bithuman.client.secret import Secret, well_formed_secret, well_formed_token
from bithuman.core.secrets import new_secret
from bithuman.errors import ConfigurationError, TokenValidationError


def fresh() -> str:
    return new_secret(secrets.randbelow)


ONE, TWO, THREE = fresh(), fresh(), fresh()
TOKEN = "aGVhZA.Ym9keQ.c2ln"


def revealed(credentials: Credentials) -> tuple[str | None, str | None]:
    secret, token = credentials.secret, credentials.token
    return None if secret is None else secret.reveal(), None if token is None else token.reveal()


class TestSecret:
    def test_it_shows_nowhere(self) -> None:
        held = Secret(ONE)

        @dataclasses.dataclass
        class Holder:
            secret: Secret

        shown = f"{held} {held!r} {Holder(held)} {dataclasses.asdict(Holder(held))} {[held]}"
        assert ONE not in shown
        with pytest.raises(TypeError):
            vars(held)
        with pytest.raises(TypeError):
            pickle.dumps(held)

    def test_copies_are_the_same_one(self) -> None:
        held = Secret(ONE)
        assert copy.deepcopy(held) is held
        assert copy.copy(held) is held

    def test_it_compares_by_text(self) -> None:
        assert Secret(ONE) == Secret(ONE)
        assert Secret(ONE) != Secret(TWO)
        assert Secret(ONE) != ONE

    def test_a_paste_is_trimmed_and_checked(self) -> None:
        assert well_formed_secret(f"  {ONE}\n").reveal() == ONE
        with pytest.raises(TokenValidationError) as caught:
            well_formed_secret(ONE[:-1])
        assert ONE[:-1] not in str(caught.value)

    def test_a_secret_is_not_taken_for_a_token(self) -> None:
        with pytest.raises(TokenValidationError, match="runtime token"):
            well_formed_token(ONE)
        assert well_formed_token(TOKEN).reveal() == TOKEN


class TestResolve:
    def test_an_argument_wins_over_all_else(self) -> None:
        write_credentials(Secret(THREE), "http://127.0.0.1:1")
        environ = {"BITHUMAN_API_SECRET": TWO, "BITHUMAN_API_TOKEN": TOKEN}
        assert revealed(resolve(Secret(ONE), environ=environ)) == (ONE, None)
        assert revealed(resolve(token=Secret(TOKEN), environ=environ)) == (None, TOKEN)

    @pytest.mark.parametrize("name", ["BITHUMAN_API_SECRET", "BITHUMAN_API_KEY"])
    def test_the_environment_wins_over_the_file(self, name: str) -> None:
        write_credentials(Secret(THREE), "http://127.0.0.1:1")
        found = resolve(environ={name: TWO})
        assert (revealed(found), found.source) == ((TWO, None), Source.ENVIRONMENT)

    def test_the_file_is_last(self) -> None:
        write_credentials(Secret(THREE), "http://127.0.0.1:1234")
        found = resolve(environ={})
        assert (revealed(found), found.source) == ((THREE, None), Source.FILE)
        assert found.api_url == "http://127.0.0.1:1234"

    def test_an_empty_argument_or_variable_is_none(self) -> None:
        assert revealed(
            resolve(Secret(""), Secret(""), environ={"BITHUMAN_API_SECRET": " ", "BITHUMAN_API_KEY": ONE})
        ) == (
            ONE,
            None,
        )

    def test_two_names_with_one_value_agree(self) -> None:
        assert revealed(resolve(environ={"BITHUMAN_API_SECRET": ONE, "BITHUMAN_API_KEY": ONE})) == (ONE, None)

    def test_two_names_with_two_values_are_an_error_that_says_so(self) -> None:
        with pytest.raises(ConfigurationError, match="BITHUMAN_API_SECRET and BITHUMAN_API_KEY are both set") as caught:
            resolve(environ={"BITHUMAN_API_SECRET": ONE, "BITHUMAN_API_KEY": TWO})
        assert ONE not in str(caught.value)
        assert TWO not in str(caught.value)

    def test_an_argument_settles_that_too(self) -> None:
        environ = {"BITHUMAN_API_SECRET": ONE, "BITHUMAN_API_KEY": TWO}
        assert revealed(resolve(Secret(THREE), environ=environ)) == (THREE, None)

    def test_a_ready_token_is_enough(self) -> None:
        assert revealed(resolve(environ={"BITHUMAN_API_TOKEN": TOKEN})) == (None, TOKEN)

    def test_the_url_is_the_argument_the_variable_the_file_or_loopback(self) -> None:
        environ = {"BITHUMAN_API_SECRET": ONE}
        assert resolve(environ=environ).api_url == "http://127.0.0.1:8787"
        write_credentials(Secret(THREE), "https://file.example")
        assert resolve(environ=environ).api_url == "https://file.example"
        environ["BITHUMAN_API_URL"] = "https://variable.example"
        assert resolve(environ=environ).api_url == "https://variable.example"
        assert resolve(api_url="https://argument.example", environ=environ).api_url == "https://argument.example"


class TestTheFilesSecretStaysWithItsServer:
    @pytest.mark.parametrize("how", ["argument", "variable"])
    def test_another_server_does_not_get_it(self, how: str) -> None:
        write_credentials(Secret(ONE), "https://one.example")
        with pytest.raises(ConfigurationError, match=r"is for https://one\.example") as caught:
            _resolved(how, "https://two.example")
        assert "BITHUMAN_API_SECRET" in caught.value.cure
        assert "bithuman init" in caught.value.cure
        assert ONE not in str(caught.value)

    @pytest.mark.parametrize("how", ["argument", "variable"])
    def test_its_own_server_may_be_named_in_any_form(self, how: str) -> None:
        write_credentials(Secret(ONE), "https://one.example")
        found = _resolved(how, "https://ONE.example/v1/runtime-tokens/request")
        assert (revealed(found), found.api_url) == ((ONE, None), "https://one.example")

    def test_without_a_stored_url_it_is_for_the_default(self) -> None:
        path = write_credentials(Secret(ONE), "https://one.example")
        path.write_text(f'api_secret = "{ONE}"\n')
        assert _resolved("argument", "http://127.0.0.1:8787").source is Source.FILE
        with pytest.raises(ConfigurationError, match=r"127\.0\.0\.1:8787"):
            _resolved("argument", "https://one.example")

    def test_a_secret_from_elsewhere_goes_where_it_is_told(self) -> None:
        write_credentials(Secret(ONE), "https://one.example")
        found = resolve(api_url="https://two.example", environ={"BITHUMAN_API_SECRET": TWO})
        assert (revealed(found), found.api_url) == ((TWO, None), "https://two.example")


def _resolved(how: str, url: str) -> Credentials:
    return resolve(api_url=url, environ={}) if how == "argument" else resolve(environ={"BITHUMAN_API_URL": url})


class TestWallet:
    def test_a_rotation_is_noticed_where_the_url_was_an_argument(self) -> None:
        environ = {"BITHUMAN_API_SECRET": ONE}
        wallet = Wallet(resolve(api_url="https://one.example", environ=environ), environ=environ)
        for now in (TWO, THREE):
            environ["BITHUMAN_API_SECRET"] = now
            found = wallet.look()
            assert found is not None
            assert found.reveal() == now
            assert wallet.credentials.api_url == "https://one.example"

    def test_so_it_is_in_the_file(self) -> None:
        write_credentials(Secret(ONE), "https://one.example")
        wallet = Wallet(resolve(api_url="https://one.example", environ={}), environ={})
        write_credentials(Secret(TWO), "https://two.example")
        assert wallet.look() is None, "that one is for another server"
        write_credentials(Secret(THREE), "https://one.example")
        found = wallet.look()
        assert found is not None
        assert found.reveal() == THREE

    def test_a_variable_that_names_another_server_by_now_has_no_new_secret_for_this_one(self) -> None:
        environ = {"BITHUMAN_API_SECRET": ONE, "BITHUMAN_API_URL": "https://one.example"}
        wallet = Wallet(resolve(environ=environ), environ=environ)
        environ |= {"BITHUMAN_API_SECRET": TWO, "BITHUMAN_API_URL": "https://two.example"}
        assert wallet.look() is None

    def test_a_rotated_file_is_noticed_once(self) -> None:
        path = write_credentials(Secret(ONE), "http://127.0.0.1:1")
        wallet = Wallet(resolve(environ={}), environ={})
        assert wallet.look() is None
        write_credentials(Secret(TWO), "http://127.0.0.1:1")
        found = wallet.look()
        assert found is not None
        assert found.reveal() == TWO
        assert wallet.look() is None
        path.unlink()
        assert wallet.look() is None, "a source that is gone has not changed"

    def test_a_new_secret_is_not_sent_to_another_server(self) -> None:
        write_credentials(Secret(ONE), "https://one.example")
        wallet = Wallet(resolve(environ={}), environ={})
        write_credentials(Secret(TWO), "https://two.example")
        assert wallet.look() is None

    def test_what_was_put_in_stays(self) -> None:
        write_credentials(Secret(ONE), "http://127.0.0.1:1")
        wallet = Wallet(resolve(environ={}), environ={})
        wallet.put(Secret(TWO))
        assert wallet.look() is None
        assert revealed(wallet.credentials) == (TWO, None)


class TestFile:
    def test_it_is_written_for_its_owner_alone(self) -> None:
        path = write_credentials(Secret(ONE), "http://127.0.0.1:1")
        assert path == credentials_path()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert [entry.name for entry in path.parent.iterdir()] == ["credentials.toml"]

    def test_a_file_that_others_can_read_is_refused(self) -> None:
        path = write_credentials(Secret(ONE), "http://127.0.0.1:1")
        path.chmod(0o640)
        with pytest.raises(ConfigurationError, match="chmod 600") as caught:
            read_credentials()
        assert ONE not in str(caught.value)

    @pytest.mark.parametrize("text", ["not toml", "api_secret = 5", "\xff"])
    def test_a_damaged_file_is_refused(self, text: str) -> None:
        path = write_credentials(Secret(ONE), "http://127.0.0.1:1")
        path.write_bytes(text.encode("latin-1"))
        with pytest.raises(ConfigurationError, match="not a credentials file"):
            read_credentials()

    def test_where_there_is_none_nothing_is_stored(self, tmp_path: Path) -> None:
        assert read_credentials(tmp_path / "none.toml").secret is None


class TestApiBase:
    @pytest.mark.parametrize(
        ("url", "base"),
        [
            ("https://a.example", "https://a.example"),
            ("https://a.example/", "https://a.example"),
            ("https://a.example/v1/runtime-tokens/request", "https://a.example"),
            ("https://a.example/v1/runtime-tokens/request/", "https://a.example"),
            ("https://a.example:8443/avatars/v1/runtime-tokens/request", "https://a.example:8443/avatars"),
            ("http://localhost:8787", "http://localhost:8787"),
            ("http://127.9.9.9", "http://127.9.9.9"),
            ("http://[::1]:8787/", "http://[::1]:8787"),
        ],
    )
    def test_base_and_full_url_are_one(self, url: str, base: str) -> None:
        assert api_base(url) == base

    @pytest.mark.parametrize(
        "url",
        [
            "http://a.example",
            "http://10.0.0.1:8787",
            "http://0.0.0.0:8787",
            "http://127.0.0.1.example",
            "http://localhost.example",
            "http://[::ffff:10.0.0.1]",
        ],
    )
    def test_plain_http_leaves_the_machine_nowhere(self, url: str) -> None:
        with pytest.raises(ConfigurationError, match="plain HTTP"):
            api_base(url)

    @pytest.mark.parametrize(
        "url",
        [
            "https://auth.api.bithuman.ai/v1/runtime-tokens/request",
            "https://API.bitHuman.ai",
            "https://bithuman.ai",
            "https://bithuman.ai.",
        ],
    )
    def test_no_secret_goes_to_the_service_that_plugins_name_by_themselves(self, url: str) -> None:
        with pytest.raises(ConfigurationError, match="bitHuman's own service") as caught:
            api_base(url)
        assert "BITHUMAN_API_URL" in str(caught.value)

    def test_a_name_that_only_ends_like_it_is_another(self) -> None:
        assert api_base("https://my-bithuman.ai") == "https://my-bithuman.ai"

    @pytest.mark.parametrize(
        "url",
        [
            "https://user:hunter2@a.example",
            "https://hunter2@a.example",
            "https://a.example?key=hunter2",
            "https://a.example#hunter2",
            "ftp://a.example/hunter2",
            "a.example/hunter2",
            "https://",
            "https://a.example:port",
            "https://a.example/hunter2 x",
            "https://a.example/\r\nhunter2",
        ],
    )
    def test_anything_else_is_refused_and_not_repeated(self, url: str) -> None:
        with pytest.raises(ConfigurationError) as caught:
            api_base(url)
        assert "hunter2" not in str(caught.value)
