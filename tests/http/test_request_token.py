"""POST /v1/runtime-tokens/request"""

import json
import re
from typing import Any

import pytest

from bithuman.service.accounts import set_suspended
from tests.http.conftest import DEVICE, OTHER_DEVICE, World, refused

TRANSACTION = "863ec82a-d4f5-4c2d-a90b-e9da95feba83"
EXPIRES_AT = 1_795_575_900


class Test200:
    async def test_the_answer_is_the_contracts_byte_for_byte(self, world: World) -> None:
        developer = await world.developer()
        response = await developer.request_token(transaction_id=TRANSACTION)
        data = response.json()["data"]
        assert response.content.decode() == (
            f'{{"status":"success","status_code":200,"data":{{"token":"{data["token"]}","transaction_id":"{TRANSACTION}",'
            f'"session_id":"{data["session_id"]}","fingerprint":"{DEVICE}","expires_at":{EXPIRES_AT},"expires_in":300,'
            '"heartbeat_interval":60}}'
        )
        assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", data["token"])

    async def test_the_recipe_with_an_agent_code_alone(self, world: World) -> None:
        developer = await world.developer()
        response = await developer.post("/v1/runtime-tokens/request", {"agent_code": "A78WKV4515"})
        assert re.fullmatch("[0-9a-f]{32}", response.json()["data"]["fingerprint"])
        listed = await developer.get("/v2/{me}/runtime-sessions")
        assert listed.json()["data"]["sessions"][0]["agent_code"] == "A78WKV4515"

    @pytest.mark.parametrize("body", [b"", b"{}", b"null"])
    async def test_the_body_is_optional(self, world: World, body: bytes) -> None:
        developer = await world.developer()
        response = await developer.http.post("/v1/runtime-tokens/request", content=body)
        assert response.status_code == 200

    async def test_unknown_fields_are_ignored(self, world: World) -> None:
        developer = await world.developer()
        assert (await developer.request_token(colour="blue", nested={"a": [1]})).status_code == 200

    async def test_slashes_too_many_are_forgiven(self, world: World) -> None:
        developer = await world.developer()
        assert (await developer.post("http://platform.test//v1//runtime-tokens/request/", {})).status_code == 200

    async def test_the_same_transaction_on_the_same_device_is_the_same_session(self, world: World) -> None:
        developer = await world.developer()
        first = await developer.token(transaction_id=TRANSACTION)
        world.spend(60)
        second = await developer.token(transaction_id=TRANSACTION)
        assert second["session_id"] == first["session_id"]
        assert second["token"] != first["token"]
        assert await developer.balance() == 98

    async def test_an_expired_session_comes_back_with_its_ledger(self, world: World) -> None:
        developer = await world.developer()
        first = await developer.token(transaction_id=TRANSACTION)
        world.spend(3_600)
        again = await developer.token(transaction_id=TRANSACTION)
        assert again["session_id"] == first["session_id"]
        assert await developer.balance() == 94

    async def test_another_device_with_the_same_transaction_is_another_session(self, world: World) -> None:
        developer = await world.developer("creator")
        first = await developer.token(transaction_id=TRANSACTION)
        other = await developer.token(transaction_id=TRANSACTION, fingerprint=OTHER_DEVICE)
        assert other["session_id"] != first["session_id"]

    async def test_a_price_that_nobody_knows_is_the_default_one(self, world: World) -> None:
        developer = await world.developer()
        await developer.token(billing_type="from-elsewhere")
        listed = await developer.get("/v2/{me}/runtime-sessions")
        assert listed.json()["data"]["sessions"][0]["billing_type"] == "self_hosted"


class Test400:
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("fingerprint", "short"),
            ("fingerprint", "g" * 32),
            ("fingerprint", "a" * 129),
            ("fingerprint", 7),
            ("transaction_id", "t" * 129),
            ("transaction_id", 7),
            ("transaction_id", "line\nbreak"),
            ("agent_code", ["A"]),
            ("tags", {"a": 1}),
            ("runtime_version", True),
        ],
    )
    async def test_a_wrong_field_is_named(self, world: World, field: str, value: Any) -> None:
        developer = await world.developer()
        response = await developer.http.post("/v1/runtime-tokens/request", content=json.dumps({field: value}))
        assert refused(response, 400, "VALIDATION_ERROR").startswith(field)

    @pytest.mark.parametrize("body", [b"{", b"[]", b'"text"', b"\xff\xfe", b"[" * 60_000])
    async def test_a_body_that_is_no_json_object(self, world: World, body: bytes) -> None:
        developer = await world.developer()
        response = await developer.http.post("/v1/runtime-tokens/request", content=body)
        refused(response, 400, "VALIDATION_ERROR")


class Test401:
    async def test_no_secret(self, world: World) -> None:
        refused(await world.stranger.post("/v1/runtime-tokens/request", json={}), 401, "MISSING_AUTH")

    async def test_a_wrong_secret(self, world: World) -> None:
        response = await world.stranger.post("/v1/runtime-tokens/request", headers={"api-secret": "bhs_wrong"})
        refused(response, 401, "UNAUTHORIZED")

    async def test_a_runtime_token_is_no_secret(self, world: World) -> None:
        developer = await world.developer()
        token = (await developer.token())["token"]
        response = await world.stranger.post("/v1/runtime-tokens/request", headers={"api-secret": token})
        refused(response, 401, "UNAUTHORIZED")

    async def test_a_secret_as_a_bearer_is_no_secret(self, world: World) -> None:
        developer = await world.developer()
        response = await world.stranger.post(
            "/v1/runtime-tokens/request", headers={"authorization": f"Bearer {developer.secret}"}
        )
        refused(response, 401, "MISSING_AUTH")


class Test402:
    async def test_no_credits(self, world: World) -> None:
        developer = await world.developer()
        refused(await world.run_dry(await developer.token()), 402, "INSUFFICIENT_BALANCE")
        message = refused(await developer.request_token(), 402, "INSUFFICIENT_BALANCE")
        assert message.startswith("No credits left, or live sessions need all that is left. Top up, end a session, or")
        refused(await developer.request_token(fingerprint=OTHER_DEVICE), 402, "INSUFFICIENT_BALANCE")
        assert -5 / 60 <= await developer.balance() < 5 / 60


class Test403:
    async def test_a_suspended_account(self, world: World) -> None:
        developer = await world.developer()
        await set_suspended(world.platform, developer.account.email, suspended=True)
        refused(await developer.request_token(), 403, "ACCOUNT_SUSPENDED")

    async def test_a_full_plan(self, world: World) -> None:
        developer = await world.developer()
        await developer.token()
        message = refused(await developer.request_token(fingerprint=OTHER_DEVICE), 403, "CONCURRENCY_LIMIT_REACHED")
        assert "1 live session" in message

    async def test_a_plan_of_three_takes_three(self, world: World) -> None:
        developer = await world.developer("creator")
        for digit in "123":
            await developer.token(fingerprint=digit * 32)
        refused(await developer.request_token(fingerprint="4" * 32), 403, "CONCURRENCY_LIMIT_REACHED")

    async def test_a_crashed_clients_ghost_keeps_its_place_for_an_interval_and_a_half(self, world: World) -> None:
        developer = await world.developer()
        await developer.token()
        world.spend(90)
        refused(await developer.request_token(fingerprint=OTHER_DEVICE), 403, "CONCURRENCY_LIMIT_REACHED")
        world.spend(0.001)
        await developer.token(fingerprint=OTHER_DEVICE)

    async def test_a_terminated_session_cannot_be_resumed(self, world: World) -> None:
        developer = await world.developer()
        session = await developer.token(transaction_id=TRANSACTION)
        await developer.post(f"/v2/{{me}}/runtime-sessions/{session['session_id']}/terminate")
        refused(await developer.request_token(transaction_id=TRANSACTION), 403, "SESSION_TERMINATED")
        await developer.token(transaction_id="another")


class Test405:
    async def test_it_takes_post_alone(self, world: World) -> None:
        response = await world.stranger.get("/v1/runtime-tokens/request")
        refused(response, 405, "METHOD_NOT_ALLOWED")
        assert response.headers["allow"] == "POST"


class Test413:
    async def test_a_body_may_have_64_kib_and_no_more(self, world: World) -> None:
        developer = await world.developer()
        body = b"{}" + b" " * (64 * 1024 - 2)
        assert (await developer.http.post("/v1/runtime-tokens/request", content=body)).status_code == 200
        response = await developer.http.post("/v1/runtime-tokens/request", content=body + b" ")
        refused(response, 413, "PAYLOAD_TOO_LARGE")


class Test415:
    async def test_a_form(self, world: World) -> None:
        developer = await world.developer()
        response = await developer.http.post("/v1/runtime-tokens/request", data={"agent_code": "A78WKV4515"})
        refused(response, 415, "UNSUPPORTED_TYPE")

    async def test_json_with_a_charset_is_json(self, world: World) -> None:
        developer = await world.developer()
        response = await developer.http.post(
            "/v1/runtime-tokens/request", content=b"{}", headers={"content-type": "Application/JSON; charset=utf-8"}
        )
        assert response.status_code == 200


class Test503:
    async def test_an_avatar_launch_finds_no_worker(self, world: World) -> None:
        developer = await world.developer()
        response = await developer.post("/v1/runtime-tokens/request", {"livekit_url": "wss://livekit.example"})
        refused(response, 503, "UNAVAILABLE")


class TestWithoutAFingerprint:
    async def test_the_transaction_id_alone_continues_its_session_and_bills_it(self, world: World) -> None:
        developer = await world.developer()
        first = await developer.token(fingerprint=None, transaction_id="t-1")
        world.spend(60)
        second = await developer.token(fingerprint=None, transaction_id="t-1")
        assert (second["session_id"], second["fingerprint"]) == (first["session_id"], first["fingerprint"])
        usage = (await developer.get("/v1/usage")).json()["data"]
        assert [entry["credits_change"] for entry in usage if entry["activity_type"] == "runtime"] == [1]
