"""GET /"""

from importlib.metadata import version

from tests.http.conftest import World


class TestFront:
    async def test_200_for_a_program_names_the_documents(self, world: World) -> None:
        response = await world.stranger.get("/")
        assert response.json() == {
            "name": "bitHuman-compatible avatar platform",
            "version": version("bithuman"),
            "docs": "/docs",
            "openapi": "/openapi.json",
        }
        assert response.headers["vary"] == "Accept"

    async def test_200_for_a_browser_is_a_page_that_says_how_to_get_a_key(self, world: World) -> None:
        response = await world.stranger.get("/", headers={"Accept": "text/html,*/*;q=0.8"})
        assert response.headers["content-type"].startswith("text/html")
        assert "script-src" not in response.headers["content-security-policy"]
        assert "bithuman admin create-account" in response.text
        assert "bithuman init --api-url http://" in response.text

    async def test_a_host_name_cannot_bring_markup(self, world: World) -> None:
        response = await world.stranger.get("/", headers={"Accept": "text/html", "Host": "<script>x</script>"})
        assert "<script>" not in response.text
