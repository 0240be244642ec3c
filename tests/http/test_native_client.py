"""The two requests that a published native client makes for one avatar, on a plan of one session."""

from tests.http.conftest import OTHER_DEVICE, World, refused

FIRST = (
    b'{"fingerprint":"e39652bf67828a660f089eb1461fe1f1","runtime_model_hash":"b85e003f1b7b669d08209a4b16c17c0c",'
    b'"tags":"bithuman","runtime_version":"0.8.1"}'
)
LATER = (
    b'{"fingerprint":"e39652bf67828a660f089eb1461fe1f1","runtime_model_hash":"b85e003f1b7b669d08209a4b16c17c0c",'
    b'"tags":"bithuman","transaction_id":"863ec82a-d4f5-4c2d-a90b-e9da95feba83","runtime_version":"0.8.1"}'
)


async def test_both_requests_are_one_session_billed_once(world: World) -> None:
    developer = await world.developer("free")

    async def send(body: bytes) -> str:
        response = await developer.http.post(
            "/v1/runtime-tokens/request", content=body, headers={"content-type": "application/json"}
        )
        assert response.status_code == 200
        # The client finds its token by scanning for these very bytes.
        assert response.content.count(b'"token":"') == 1
        session_id: str = response.json()["data"]["session_id"]
        return session_id

    session_id = await send(FIRST)
    world.spend(2)
    assert await send(LATER) == session_id
    for _ in range(3):
        world.spend(60)
        assert await send(LATER) == session_id
    report = (await developer.get("/v2/{me}/runtime-sessions", window="all")).json()["data"]
    assert [session["id"] for session in report["sessions"]] == [session_id]
    assert report["active_count"] == 1
    assert report["sessions"][0]["minutes"] == report["sessions"][0]["credits"] == 3.033333
    assert await developer.balance() == 95.966667
    refused(await developer.request_token(fingerprint=OTHER_DEVICE), 403, "CONCURRENCY_LIMIT_REACHED")


async def test_a_new_name_after_the_first_adopts_nothing(world: World) -> None:
    developer = await world.developer("creator")
    named = await developer.token(transaction_id="one")
    other = await developer.token(transaction_id="two")
    assert other["session_id"] != named["session_id"]


async def test_a_refused_request_adopts_nothing(world: World) -> None:
    developer = await world.developer("free")
    await developer.token(fingerprint=OTHER_DEVICE)
    world.spend(91)
    await developer.token(transaction_id="other")
    refused(
        await developer.request_token(fingerprint=OTHER_DEVICE, transaction_id="one"), 403, "CONCURRENCY_LIMIT_REACHED"
    )
    refused(
        await developer.request_token(fingerprint=OTHER_DEVICE, transaction_id="two"), 403, "CONCURRENCY_LIMIT_REACHED"
    )
    sessions = (await developer.get("/v2/{me}/runtime-sessions", window="all")).json()["data"]["sessions"]
    assert len(sessions) == 2
