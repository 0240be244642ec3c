"""What is not a runtime token, however much it looks like one; and another reader's view of one that is."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest

from tests.http.conftest import DEVICE, Developer, World, compact, refused


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Forger:
    """Somebody who even has the server's key, and the claims of a good token."""

    def __init__(self, world: World, token: str) -> None:
        keys = json.loads((world.platform.settings.data_dir / "keys.json").read_text())["signing"]
        self.kid: str = keys[0]["kid"]
        self.key = unb64(keys[0]["secret"])
        self.token = token
        self.claims: dict[str, Any] = json.loads(unb64(token.split(".")[1]))

    def sign(
        self,
        payload: bytes | None = None,
        header: dict[str, Any] | None = None,
        key: bytes | None = None,
        digest: Callable[..., Any] = hashlib.sha256,
    ) -> str:
        """A token like the server's, but for what is given."""
        head = header if header is not None else {"alg": "HS256", "typ": "JWT", "kid": self.kid}
        signed = f"{b64(compact(head))}.{b64(payload if payload is not None else compact(self.claims))}"
        return f"{signed}.{b64(hmac.digest(self.key if key is None else key, signed.encode(), digest))}"

    def claim(self, **changes: Any) -> str:
        """A well-signed token whose claims are changed; None takes one away."""
        claims = {name: value for name, value in {**self.claims, **changes}.items() if value is not None}
        return self.sign(compact(claims))


def duplicated(forger: Forger) -> str:
    """Readers that take the last of two would find a good one; those that take the first, somebody else."""
    return forger.sign(b'{"sub":"somebody-else",' + compact(forger.claims)[1:])


def unsigned(forger: Forger) -> str:
    head = b64(compact({"alg": "none", "typ": "JWT"}))
    return f"{head}.{forger.token.split('.')[1]}."


def unsigned_with_kid(forger: Forger) -> str:
    head = b64(compact({"alg": "none", "typ": "JWT", "kid": forger.kid}))
    return f"{head}.{forger.token.split('.')[1]}."


def stripped(forger: Forger) -> str:
    return forger.token.rpartition(".")[0] + "."


def bent(forger: Forger) -> str:
    """The last character carries two bits that count for nothing: bend the one before."""
    return forger.token[:-2] + ("A" if forger.token[-2] != "A" else "B") + forger.token[-1]


def loose_ends(forger: Forger) -> str:
    """The same signature, written with other padding bits."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return forger.token[:-1] + alphabet[alphabet.index(forger.token[-1]) ^ 1]


FORGERIES: dict[str, Callable[[Forger], str]] = {
    "no algorithm": unsigned,
    "no algorithm but a kid": unsigned_with_kid,
    "no signature": stripped,
    "a bent signature": bent,
    "a signature spelt otherwise": loose_ends,
    "HS512": lambda forger: forger.sign(
        header={"alg": "HS512", "typ": "JWT", "kid": forger.kid}, digest=hashlib.sha512
    ),
    "RS256 by name": lambda forger: forger.sign(header={"alg": "RS256", "typ": "JWT", "kid": forger.kid}),
    "an unknown kid": lambda forger: forger.sign(header={"alg": "HS256", "typ": "JWT", "kid": "unknown"}),
    "a path as kid": lambda forger: forger.sign(
        header={"alg": "HS256", "typ": "JWT", "kid": "../../../../dev/null"}, key=b""
    ),
    "no kid": lambda forger: forger.sign(header={"alg": "HS256", "typ": "JWT"}),
    "a key of its own in the header": lambda forger: forger.sign(
        header={"alg": "HS256", "typ": "JWT", "kid": forger.kid, "jwk": {"kty": "oct", "k": "AA"}}, key=b"\0"
    ),
    "another key": lambda forger: forger.sign(key=b"k" * 32),
    "a duplicate claim": duplicated,
    "an extra claim": lambda forger: forger.claim(admin=True),
    "no jti": lambda forger: forger.claim(jti=None),
    "no exp": lambda forger: forger.claim(exp=None),
    "another issuer": lambda forger: forger.claim(iss="somebody"),
    "two audiences": lambda forger: forger.claim(aud=[DEVICE, "x"]),
    "an exp in words": lambda forger: forger.claim(exp="tomorrow"),
    "another device": lambda forger: forger.claim(aud="f" * 32),
    "another user": lambda forger: forger.claim(sub="somebody-else"),
    "a session that is not there": lambda forger: forger.claim(sid="nothing"),
    "an embed token": lambda forger: forger.sign(
        compact(
            {
                "iss": "bitHuman",
                "sub": forger.claims["sub"],
                "aud": DEVICE,
                "sid": forger.claims["sid"],
                "agent_code": "A78WKV4515",
                "jti": forger.claims["jti"],
                "iat": forger.claims["iat"],
                "exp": forger.claims["exp"] + 3_300,
            }
        )
    ),
    "a list for claims": lambda forger: forger.sign(b"[]"),
    "no JSON": lambda forger: forger.sign(b"{"),
    "two parts": lambda forger: forger.token.rpartition(".")[0],
    "four parts": lambda forger: forger.token + ".x",
    "too long": lambda forger: forger.token + "A" * 2_048,
    "letters of elsewhere": lambda _: "ä.ö.ü",
}


@pytest.fixture
async def developer(world: World) -> Developer:
    return await world.developer()


@pytest.fixture
async def forger(world: World, developer: Developer) -> Forger:
    return Forger(world, (await developer.token())["token"])


async def test_the_forgers_tools_make_the_servers_own_token(world: World, forger: Forger) -> None:
    """Else the forgeries below would fail for want of skill."""
    assert forger.sign() == forger.token == forger.claim()
    assert (await world.beat(forger.claim(), 0)).status_code == 200


@pytest.mark.parametrize("kind", FORGERIES)
async def test_a_forgery_opens_nothing(world: World, developer: Developer, forger: Forger, kind: str) -> None:
    forgery = FORGERIES[kind](forger)
    authorization = {b"authorization": f"Bearer {forgery}".encode()}
    for path in ("heartbeat", "end"):
        response = await world.stranger.post(f"/v1/runtime-tokens/{path}", json={"seq": 0}, headers=authorization)
        refused(response, 401, "UNAUTHORIZED")
    verified = await developer.post("/v1/runtime-tokens/verify", {"token": forgery})
    if len(forgery) <= 2_048:
        assert verified.content == b'{"active":false}'
    assert (await world.beat(forger.token, 0)).status_code == 200, "the session went on unharmed"


class TestTime:
    async def test_five_seconds_of_skew_past_the_end_are_allowed_and_no_more(
        self, world: World, forger: Forger
    ) -> None:
        world.spend(304.999)
        assert (await world.beat(forger.token, 0)).status_code == 200
        world.spend(0.001)
        refused(await world.beat(forger.token, 1), 401, "TOKEN_EXPIRED")

    async def test_a_token_from_the_future_is_answered_as_one_to_renew(self, world: World, forger: Forger) -> None:
        world.spend(-5)
        assert (await world.beat(forger.token, 0)).status_code == 200
        world.spend(-0.001)
        refused(await world.beat(forger.token, 1), 401, "TOKEN_EXPIRED")

    async def test_a_stretched_life_needs_the_key(self, world: World, forger: Forger) -> None:
        stretched = {**forger.claims, "exp": forger.claims["exp"] + 10**6}
        head, _, signature = forger.token.split(".")
        refused(await world.beat(f"{head}.{b64(compact(stretched))}.{signature}", 0), 401, "UNAUTHORIZED")


class TestAnotherReader:
    async def test_pyjwt_reads_our_tokens(self, world: World, developer: Developer, forger: Forger) -> None:
        session = await developer.token()
        token = session["token"]
        assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT", "kid": forger.kid}
        # The test's time is not the reader's.
        claims = jwt.decode(
            token,
            forger.key,
            algorithms=["HS256"],
            audience=DEVICE,
            issuer="bitHuman",
            options={"require": ["iss", "sub", "aud", "iat", "exp", "jti"], "verify_exp": False, "verify_iat": False},
        )
        assert claims == {
            "iss": "bitHuman",
            "sub": developer.id,
            "aud": DEVICE,
            "sid": session["session_id"],
            "jti": claims["jti"],
            "iat": session["expires_at"] - 300,
            "exp": session["expires_at"],
        }

    async def test_pyjwt_refuses_a_wrong_audience_and_a_wrong_key(self, world: World, forger: Forger) -> None:
        options: Any = {"verify_exp": False, "verify_iat": False}
        with pytest.raises(jwt.InvalidAudienceError):
            jwt.decode(forger.token, forger.key, algorithms=["HS256"], audience="f" * 32, options=options)
        with pytest.raises(jwt.InvalidSignatureError):
            jwt.decode(forger.token, b"k" * 32, algorithms=["HS256"], audience=DEVICE, options=options)


class TestRotatedSigningKeys:
    async def test_tokens_of_the_old_key_live_out_their_time(self, world: World, forger: Forger) -> None:
        world.platform.rotate_signing_key()
        renewed = (await world.beat(forger.token, 0)).json()["data"]["token"]
        assert jwt.get_unverified_header(renewed)["kid"] != forger.kid
        assert (await world.beat(renewed, 1)).status_code == 200

    async def test_the_same_answer_again_is_signed_anew_and_still_good(self, world: World, forger: Forger) -> None:
        lost = (await world.beat(forger.token, 0)).json()["data"]["token"]
        world.platform.rotate_signing_key()
        repeated = (await world.beat(forger.token, 0)).json()["data"]["token"]
        assert json.loads(unb64(repeated.split(".")[1])) == json.loads(unb64(lost.split(".")[1]))
        assert (await world.beat(repeated, 1)).status_code == 200
