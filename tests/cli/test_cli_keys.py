"""The account's secrets: shown once, masked ever after, dead at once."""

from typing import Any

import pytest
import typer

from bithuman.client.credential_file import read_credentials
from bithuman.core.secrets import mask
from tools.local_server import Credentials


def _saved() -> str:
    secret = read_credentials().secret
    assert secret is not None
    return secret.reveal()


class TestList:
    def test_a_table_with_masked_secrets(self, run: Any, signed_in: Credentials) -> None:
        outcome = run("keys", "list")
        header, row = outcome.out.splitlines()
        assert header.split() == ["Alias", "Secret", "Created", "Last", "used"]
        assert row.split()[:2] == ["default", mask(signed_in.secret)]
        assert signed_in.secret not in outcome.out

    def test_for_programs(self, run: Any, signed_in: Credentials) -> None:
        answer = run("keys", "list", "--json").json
        assert answer["user_id"] == signed_in.user_id
        assert [key["alias"] for key in answer["data"]] == ["default"]


class TestCreate:
    def test_it_is_shown_once(self, run: Any, signed_in: Credentials) -> None:
        outcome = run("keys", "create", "prod")
        assert outcome.code == 0
        assert outcome.out.count("bhs_") == 1
        assert "not shown again" in outcome.err
        assert run("keys", "list").out.count("bhs_") == 2

    def test_for_programs_and_it_works(self, run: Any, signed_in: Credentials) -> None:
        made = run("keys", "create", "--json")
        assert (made.code, made.err, set(made.json)) == (0, "", {"alias", "secret"})
        assert run("validate", "--secret-stdin", typed=made.json["secret"]).code == 0

    def test_an_alias_that_is_taken_is_refused(self, run: Any, signed_in: Credentials) -> None:
        outcome = run("keys", "create", "default")
        assert (outcome.code, outcome.out) == (1, "")
        assert outcome.err.count("\n") == 1, "no cure that speaks of something else"

    @pytest.mark.parametrize("alias", ["a b", "", "a" * 33, "ä"])
    def test_an_alias_that_cannot_be_is_misuse(self, run: Any, signed_in: Credentials, alias: str) -> None:
        assert run("keys", "create", alias).code == 2


class TestRotate:
    @pytest.mark.parametrize("variable", ["BITHUMAN_API_SECRET", "BITHUMAN_API_KEY"])
    def test_the_old_one_is_dead_at_once(
        self, run: Any, account: Credentials, monkeypatch: pytest.MonkeyPatch, variable: str
    ) -> None:
        monkeypatch.setenv(variable, account.secret)
        made = run("keys", "rotate", "default", "--json")
        assert made.code == 0
        assert f"still in the environment ({variable})" in made.err
        assert run("validate").code == 1
        assert run("validate", "--secret-stdin", typed=made.json["secret"]).code == 0

    def test_an_overlap_on_purpose(self, run: Any, signed_in: Credentials) -> None:
        assert run("keys", "rotate", "default", "--overlap", "600").code == 0
        assert run("validate").code == 0

    def test_the_file_that_holds_it_is_kept_up_where_that_is_wanted(self, run: Any, account: Credentials) -> None:
        run("init", "--secret-stdin", typed=account.secret)
        outcome = run("keys", "rotate", "default", "--save", "--json")
        assert _saved() == outcome.json["secret"] != account.secret
        assert "Saved in" in outcome.err
        assert "old secret" not in outcome.err
        assert run("validate").code == 0

    def test_a_person_is_asked(self, run: Any, account: Credentials, monkeypatch: pytest.MonkeyPatch) -> None:
        run("init", "--secret-stdin", typed=account.secret)
        monkeypatch.setattr(typer, "confirm", lambda *_, **__: True)
        run("keys", "rotate", "default", terminal=True)
        assert _saved() != account.secret

    def test_a_program_is_told_that_the_file_holds_the_old_one(self, run: Any, account: Credentials) -> None:
        run("init", "--secret-stdin", typed=account.secret)
        outcome = run("keys", "rotate", "default")
        assert _saved() == account.secret
        assert "still in the credentials file" in outcome.err

    def test_another_key_leaves_the_file_alone(self, run: Any, account: Credentials) -> None:
        run("init", "--secret-stdin", typed=account.secret)
        run("keys", "create", "other")
        outcome = run("keys", "rotate", "other")
        assert _saved() == account.secret
        assert "old secret" not in outcome.err

    def test_a_secret_that_cannot_be_saved_is_shown_all_the_same(
        self, run: Any, signed_in: Credentials, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object) -> None:
            raise OSError(28, "No space left on device", "credentials.toml")

        monkeypatch.setattr("bithuman.client.credential_file.write_credentials", full)
        outcome = run("keys", "rotate", "default", "--save", "--json")
        assert outcome.code == 1
        assert "No space left" in outcome.err
        assert run("validate", "--secret-stdin", typed=outcome.json["secret"]).code == 0

    @pytest.mark.parametrize("wrong", [["nope"], ["../../me"], ["a/b"], ["?x=1"]])
    def test_one_that_is_not_there_is_refused(self, run: Any, signed_in: Credentials, wrong: list[str]) -> None:
        outcome = run("keys", "rotate", *wrong)
        assert (outcome.code, outcome.out) == (1, "")
        assert run("validate").code == 0

    @pytest.mark.parametrize("wrong", [[], ["default", "--overlap=-1"], ["default", "--overlap=99999999"]])
    def test_a_wrong_value_is_misuse(self, run: Any, signed_in: Credentials, wrong: list[str]) -> None:
        assert run("keys", "rotate", *wrong).code == 2


class TestDelete:
    def test_it_is_dead_at_once(self, run: Any, signed_in: Credentials) -> None:
        made = run("keys", "create", "old", "--json").json
        outcome = run("keys", "delete", "old", "--yes")
        assert (outcome.code, outcome.out) == (0, "Deleted: old.\n")
        assert run("validate", "--secret-stdin", typed=made["secret"]).code == 1

    def test_for_programs(self, run: Any, signed_in: Credentials) -> None:
        run("keys", "create", "old")
        assert run("keys", "delete", "old", "--yes", "--json").json["alias"] == "old"

    def test_a_person_is_asked_and_told_what_it_is(
        self, run: Any, signed_in: Credentials, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[str] = []

        def confirm(text: str, **_: Any) -> None:
            asked.append(text)
            raise typer.Abort

        monkeypatch.setattr(typer, "confirm", confirm)
        assert run("keys", "delete", "default", terminal=True).code == 1
        assert "the one that this command uses" in asked[0]
        assert run("validate").code == 0

    def test_where_nobody_can_be_asked_it_must_be_said(self, run: Any, signed_in: Credentials) -> None:
        outcome = run("keys", "delete", "default")
        assert outcome.code == 2
        assert "--yes" in outcome.err
        assert run("validate").code == 0

    def test_one_that_is_not_there_is_refused(self, run: Any, signed_in: Credentials) -> None:
        outcome = run("keys", "delete", "nope", "--yes")
        assert outcome.code == 1
        assert outcome.err.endswith("'bithuman keys list' shows the aliases.\n")
