"""POST /v1/runtime-tokens/end"""

from tests.http.conftest import OTHER_DEVICE, World, refused


class Test200:
    async def test_it_closes_the_session_and_bills_its_last_part(self, world: World) -> None:
        developer = await world.developer()
        session = await developer.token()
        world.spend(30)
        response = await world.end(session["token"])
        assert response.content.decode() == (
            f'{{"status":"success","status_code":200,"data":{{"session_id":"{session["session_id"]}",'
            '"ended_reason":"closed","minutes":0.5,"credits":0.5}}'
        )
        assert await developer.balance() == 98.5

    async def test_closing_again_changes_nothing(self, world: World) -> None:
        developer = await world.developer()
        token = (await developer.token())["token"]
        world.spend(30)
        first = await world.end(token)
        world.spend(30)
        assert (await world.end(token)).content == first.content
        assert await developer.balance() == 98.5

    async def test_it_frees_the_place_at_once(self, world: World) -> None:
        developer = await world.developer()
        await world.end((await developer.token())["token"])
        await developer.token(fingerprint=OTHER_DEVICE)

    async def test_a_session_that_was_ended_goes_on_when_asked_for_again(self, world: World) -> None:
        developer = await world.developer()
        session = await developer.token(transaction_id="one")
        await world.end(session["token"])
        world.spend(60)
        again = await developer.token(transaction_id="one")
        assert again["session_id"] == session["session_id"]
        assert await developer.balance() == 99


class Test401:
    async def test_no_token(self, world: World) -> None:
        refused(await world.stranger.post("/v1/runtime-tokens/end"), 401, "MISSING_AUTH")

    async def test_a_forged_token(self, world: World) -> None:
        refused(await world.end("a.b.c"), 401, "UNAUTHORIZED")

    async def test_an_expired_token(self, world: World) -> None:
        token = (await (await world.developer()).token())["token"]
        world.spend(305)
        refused(await world.end(token), 401, "TOKEN_EXPIRED")

    async def test_a_superseded_token(self, world: World) -> None:
        session = await (await world.developer()).token()
        token = session["token"]
        for seq in range(2):
            token = (await world.beat(token, seq)).json()["data"]["token"]
        refused(await world.end(session["token"]), 401, "UNAUTHORIZED")
        assert world.audit()[-1] == ("superseded_token_used", session["session_id"])
        assert (await world.end(token)).status_code == 200


class Test413:
    async def test_a_body_over_64_kib(self, world: World) -> None:
        response = await world.stranger.post("/v1/runtime-tokens/end", content=b" " * 65_537)
        refused(response, 413, "PAYLOAD_TOO_LARGE")
