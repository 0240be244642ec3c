"""POST /v2/{user_id}/runtime/revoke-all"""

from tests.http.conftest import OTHER_DEVICE, World, refused

PATH = "/v2/{me}/runtime/revoke-all"


class Test200:
    async def test_no_token_is_issued_or_renewed_until_a_new_secret_is_created(self, world: World) -> None:
        developer = await world.developer()
        spare = (await developer.post("/v2/{me}/api-secrets", {"alias": "spare"})).json()["secret"]
        session = await developer.token(transaction_id="one")
        response = await developer.post(PATH)
        assert response.content == b'{"success":true,"data":{"revoked":true,"effective_in_seconds":300}}'
        refused(await world.beat(session["token"], 0), 403, "ACCOUNT_SUSPENDED")
        refused(await developer.request_token(transaction_id="one"), 403, "ACCOUNT_SUSPENDED")
        refused(await developer.request_token(fingerprint=OTHER_DEVICE), 403, "ACCOUNT_SUSPENDED")
        other = await world.client(spare).post("/v1/runtime-tokens/request")
        refused(other, 403, "ACCOUNT_SUSPENDED")
        fresh = (await developer.post("/v2/{me}/api-secrets", {"alias": "fresh"})).json()["secret"]
        refused(await developer.request_token(transaction_id="one"), 403, "ACCOUNT_SUSPENDED")
        developer.use(fresh)
        resumed = await developer.token(transaction_id="one")
        assert resumed["session_id"] == session["session_id"]

    async def test_the_account_may_still_be_managed(self, world: World) -> None:
        developer = await world.developer()
        await developer.post(PATH)
        assert (await developer.get("/v1/me")).status_code == 200

    async def test_a_rotated_secret_is_a_new_one(self, world: World) -> None:
        developer = await world.developer()
        await developer.post(PATH)
        developer.use((await developer.post("/v2/{me}/api-secrets/default/rotate")).json()["secret"])
        assert (await developer.request_token()).status_code == 200


class Test401:
    async def test_no_secret(self, world: World) -> None:
        developer = await world.developer()
        refused(await world.stranger.post(f"/v2/{developer.id}/runtime/revoke-all"), 401, "MISSING_AUTH")


class Test404:
    async def test_another_accounts_runtime_goes_on(self, world: World) -> None:
        developer, other = await world.developer(), await world.developer()
        refused(await developer.post(f"/v2/{other.id}/runtime/revoke-all"), 404, "NOT_FOUND")
        await other.token()
