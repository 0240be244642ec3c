"""POST /v1/validate"""

import pytest

from bithuman.core.secrets import new_secret
from bithuman.service.accounts import set_suspended
from tests.http.conftest import World


class Test200:
    async def test_a_live_secret_is_valid(self, world: World) -> None:
        developer = await world.developer()
        response = await developer.http.post("/v1/validate")
        assert (response.status_code, response.content) == (200, b'{"valid":true}')

    @pytest.mark.parametrize("secret", ["", "bhs_", "x" * 5_000, new_secret(lambda bound: bound // 3), "bhs_\xe9"])
    async def test_anything_else_is_not(self, world: World, secret: str) -> None:
        response = await world.stranger.post("/v1/validate", headers={b"api-secret": secret.encode("latin-1")})
        assert (response.status_code, response.content) == (200, b'{"valid":false}')

    async def test_no_header_is_not_valid(self, world: World) -> None:
        response = await world.stranger.post("/v1/validate")
        assert (response.status_code, response.content) == (200, b'{"valid":false}')

    async def test_a_secret_of_a_suspended_account_is_not(self, world: World) -> None:
        developer = await world.developer()
        await set_suspended(world.platform, developer.account.email, suspended=True)
        assert (await developer.http.post("/v1/validate")).content == b'{"valid":false}'
        await set_suspended(world.platform, developer.account.email, suspended=False)
        assert (await developer.http.post("/v1/validate")).content == b'{"valid":true}'

    async def test_a_rotated_secret_is_not(self, world: World) -> None:
        developer = await world.developer()
        await developer.post("/v2/{me}/api-secrets/default/rotate")
        assert (await developer.http.post("/v1/validate")).content == b'{"valid":false}'

    async def test_any_body_will_do(self, world: World) -> None:
        developer = await world.developer()
        assert (await developer.http.post("/v1/validate", content=b"{")).content == b'{"valid":true}'


class Test405:
    async def test_it_takes_post_alone(self, world: World) -> None:
        response = await world.stranger.get("/v1/validate")
        assert response.status_code == 405
        assert response.headers["allow"] == "POST"
