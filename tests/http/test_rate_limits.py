"""429: how much an account, and an address that guesses, may ask."""

from bithuman.core.secrets import new_secret
from tests.http.conftest import World, refused


class TestAccount:
    async def test_reads_are_told_and_counted(self, world: World) -> None:
        developer = await world.developer()
        first = await developer.get("/v1/me")
        assert [first.headers[f"x-ratelimit-{name}"] for name in ("limit", "remaining", "reset")] == ["120", "119", "1"]
        for _ in range(118):
            await developer.get("/v1/me")
        last = await developer.get("/v1/me")
        assert (last.status_code, last.headers["x-ratelimit-remaining"]) == (200, "0")

    async def test_one_more_waits_as_long_as_it_is_told(self, world: World) -> None:
        developer = await world.developer()
        for _ in range(30):
            await developer.post("/v2/{me}/runtime-sessions/x/terminate")
        response = await developer.post("/v2/{me}/runtime-sessions/x/terminate")
        refused(response, 429, "RATE_LIMITED")
        names = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "retry-after")
        assert [response.headers[name] for name in names] == ["30", "0", "60", "2"]
        world.spend(1.999)
        refused(await developer.post("/v2/{me}/runtime-sessions/x/terminate"), 429, "RATE_LIMITED")
        world.spend(0.001)
        refused(await developer.post("/v2/{me}/runtime-sessions/x/terminate"), 404, "NOT_FOUND")

    async def test_reads_and_writes_are_counted_apart_and_so_are_accounts(self, world: World) -> None:
        developer, other = await world.developer(), await world.developer()
        for _ in range(31):
            last = await developer.post("/v2/{me}/runtime-sessions/x/terminate")
        assert last.status_code == 429
        assert (await developer.get("/v1/me")).status_code == 200
        assert (await developer.post("/v2/{me}/runtime-sessions/x/terminate")).status_code == 429
        assert (await other.post("/v2/{me}/runtime-sessions/x/terminate")).status_code == 404

    async def test_secrets_of_one_account_share_its_limit(self, world: World) -> None:
        developer = await world.developer()
        spare = world.client((await developer.post("/v2/{me}/api-secrets", {"alias": "spare"})).json()["secret"])
        for _ in range(120):
            await developer.get("/v1/me")
        refused(await spare.get("/v1/me"), 429, "RATE_LIMITED")

    async def test_a_larger_plan_may_ask_more(self, world: World) -> None:
        developer = await world.developer("enterprise")
        assert (await developer.get("/v1/me")).headers["x-ratelimit-limit"] == "2880"
        response = await developer.post("/v2/{me}/runtime/revoke-all")
        assert response.headers["x-ratelimit-limit"] == "720"

    async def test_sessions_are_never_limited(self, world: World) -> None:
        developer = await world.developer()
        token = (await developer.token())["token"]
        for _ in range(121):
            last = await developer.get("/v1/me")
        assert last.status_code == 429
        for seq in range(130):
            response = await world.beat(token, seq)
            assert response.status_code == 200
            assert "x-ratelimit-limit" not in response.headers
            token = response.json()["data"]["token"]
        assert (await developer.request_token()).status_code == 200
        assert (await developer.http.post("/v1/validate")).content == b'{"valid":true}'


class TestGuesses:
    async def test_the_thirty_first_guess_of_a_minute_waits(self, world: World) -> None:
        numbers = iter(range(30))
        for _ in range(30):
            well_formed = new_secret(lambda _: next(numbers))
            refused(await world.client(well_formed).get("/v1/me"), 401, "UNAUTHORIZED")
        response = await world.client("bhs_guess").get("/v1/me")
        refused(response, 429, "RATE_LIMITED")
        assert response.headers["retry-after"] == "2"
        world.spend(2)
        refused(await world.client("bhs_guess").get("/v1/me"), 401, "UNAUTHORIZED")

    async def test_guesses_count_wherever_they_are_made(self, world: World) -> None:
        guesser = world.client("bhs_guess")
        for number in range(30):
            if number % 3 == 0:
                response = await guesser.post("/v1/runtime-tokens/request")
            elif number % 3 == 1:
                response = await world.beat("a.b.c", 0)
            else:
                response = await world.end("a.b.c")
            refused(response, 401, "UNAUTHORIZED")
        refused(await guesser.get("/v1/usage"), 429, "RATE_LIMITED")
        refused(await world.beat("a.b.c", 0), 429, "RATE_LIMITED")

    async def test_a_live_secret_and_its_session_behind_the_same_address_never_wait(self, world: World) -> None:
        developer = await world.developer()
        token = (await developer.token())["token"]
        for _ in range(40):
            last = await world.client("bhs_guess").get("/v1/me")
        assert last.status_code == 429
        assert (await developer.get("/v1/me")).status_code == 200
        assert (await developer.request_token()).status_code == 200
        token = (await developer.token())["token"]
        assert (await world.beat(token, 0)).status_code == 200

    async def test_whoever_holds_a_rotated_secret_hears_so_every_time(self, world: World) -> None:
        developer = await world.developer()
        token = (await developer.token())["token"]
        await developer.post("/v2/{me}/api-secrets/default/rotate")
        for _ in range(40):
            refused(await developer.get("/v1/me"), 401, "UNAUTHORIZED")
            refused(await developer.request_token(), 401, "UNAUTHORIZED")
            refused(await world.beat(token, 0), 401, "UNAUTHORIZED")

    async def test_another_address_is_another_guesser(self, world: World) -> None:
        for _ in range(31):
            last = await world.client("bhs_guess").get("/v1/me")
        assert last.status_code == 429
        refused(await world.client("bhs_guess", address="198.51.100.7").get("/v1/me"), 401, "UNAUTHORIZED")

    async def test_addresses_that_one_line_may_choose_from_are_one_guesser(self, world: World) -> None:
        for number in range(31):
            last = await world.client("bhs_guess", address=f"2001:db8:1:2::{number:x}").get("/v1/me")
        assert last.status_code == 429
        refused(await world.client("bhs_guess", address="2001:db8:1:3::1").get("/v1/me"), 401, "UNAUTHORIZED")

    async def test_an_old_address_written_as_a_new_one_is_itself(self, world: World) -> None:
        for _ in range(31):
            last = await world.client("bhs_guess", address="198.51.100.7").get("/v1/me")
        assert last.status_code == 429
        refused(await world.client("bhs_guess", address="::ffff:198.51.100.7").get("/v1/me"), 429, "RATE_LIMITED")
        refused(await world.client("bhs_guess", address="::ffff:198.51.100.8").get("/v1/me"), 401, "UNAUTHORIZED")

    async def test_a_missing_secret_is_no_guess(self, world: World) -> None:
        for _ in range(40):
            refused(await world.stranger.get("/v1/me"), 401, "MISSING_AUTH")

    async def test_a_guesser_learns_nothing_from_the_answer(self, world: World) -> None:
        developer = await world.developer()
        rotated = developer.secret
        await developer.post("/v2/{me}/api-secrets/default/rotate")
        never = new_secret(lambda bound: bound // 3)
        answers = {(await world.client(secret).get("/v1/me")).content for secret in (rotated, never, "bhs_", "x")}
        assert len(answers) == 1
