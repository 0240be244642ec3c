"""POST /v2/{user_id}/runtime-sessions/{session_id}/terminate"""

from tests.http.conftest import OTHER_DEVICE, World, refused

PATH = "/v2/{me}/runtime-sessions"


class Test200:
    async def test_it_is_closed_for_good_and_billed_until_now(self, world: World) -> None:
        developer = await world.developer()
        session = await developer.token()
        world.spend(30)
        response = await developer.post(f"{PATH}/{session['session_id']}/terminate")
        assert response.content.decode() == (
            f'{{"success":true,"data":{{"session_id":"{session["session_id"]}","closed":true}}}}'
        )
        assert await developer.balance() == 98.5
        refused(await world.beat(session["token"], 0), 409, "CONFLICT")
        listed = (await developer.get(PATH, window="all")).json()["data"]["sessions"][0]
        assert (listed["status"], listed["ended_reason"]) == ("ended", "terminated")

    async def test_it_frees_the_place_at_once(self, world: World) -> None:
        developer = await world.developer()
        session = await developer.token()
        await developer.post(f"{PATH}/{session['session_id']}/terminate")
        await developer.token(fingerprint=OTHER_DEVICE)

    async def test_twice_is_as_good_as_once(self, world: World) -> None:
        developer = await world.developer()
        session = await developer.token()
        for _ in range(2):
            world.spend(30)
            response = await developer.post(f"{PATH}/{session['session_id']}/terminate")
            assert response.status_code == 200
        assert await developer.balance() == 98.5


class Test401:
    async def test_no_secret(self, world: World) -> None:
        developer = await world.developer()
        response = await world.stranger.post(f"/v2/{developer.id}/runtime-sessions/x/terminate")
        refused(response, 401, "MISSING_AUTH")


class Test404:
    async def test_a_session_that_is_not_there(self, world: World) -> None:
        developer = await world.developer()
        refused(await developer.post(f"{PATH}/nothing/terminate"), 404, "NOT_FOUND")

    async def test_another_accounts_session_lives_on(self, world: World) -> None:
        developer, other = await world.developer(), await world.developer()
        session = await other.token()
        for owner in (developer.id, other.id):
            response = await developer.post(f"/v2/{owner}/runtime-sessions/{session['session_id']}/terminate")
            refused(response, 404, "NOT_FOUND")
        assert (await world.beat(session["token"], 0)).status_code == 200
