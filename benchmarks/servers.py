"""The servers that the platform is measured beside, each on a free port of the same core."""

import base64
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.load import NextRequest, post

PEER = Path("benchmarks/peer")


@dataclass(frozen=True, slots=True)
class Running:
    """A server's address and process."""

    url: str
    pid: int


@contextmanager
def python_server(name: str, prefix: tuple[str, ...]) -> Iterator[Running]:
    """A program of this folder, which takes its port as argument and answers any POST."""
    with _started([*prefix, sys.executable, f"benchmarks/{name}.py"], lambda url: httpx.post(url)) as running:
        yield running


@contextmanager
def peer_server(prefix: tuple[str, ...], folder: Path) -> Iterator[Running | None]:
    """node-oidc-provider. None, with a sentence, where it cannot be had."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        print("The peer is left out: it needs node and npm.")
        yield None
        return
    shutil.copytree(PEER, folder)
    installed = subprocess.run(["npm", "ci", "--silent"], cwd=folder, capture_output=True, text=True, check=False)
    if installed.returncode:
        print(f"The peer is left out: npm ci failed.\n{installed.stderr[-500:]}")
        yield None
        return
    with _started([*prefix, "node", str(folder / "server.js")], lambda url: httpx.get(f"{url}/jwks")) as running:
        yield running


def peer_clients(url: str, count: int) -> dict[str, list[NextRequest]]:
    """Clients that ask the peer for access tokens, and whether one is good."""
    basic = base64.b64encode(b"bench:bench-secret").decode()
    header = f"authorization: Basic {basic}\r\ncontent-type: application/x-www-form-urlencoded\r\n"
    mint = post("/token", header, "grant_type=client_credentials", content_type=None)
    minted = httpx.post(
        f"{url}/token", data={"grant_type": "client_credentials"}, headers={"authorization": f"Basic {basic}"}
    )
    token = minted.raise_for_status().json()["access_token"]
    introspect = post("/token/introspection", header, f"token={token}", content_type=None)
    # In this order: the peer's memory keeps a thousand or two things, so that minting pushes the token out.
    return {"introspect": [lambda _: introspect] * count, "mint": [lambda _: mint] * count}


@contextmanager
def _started(command: list[str], ask: Callable[[str], httpx.Response]) -> Iterator[Running]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen([*command, str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_until(lambda: ask(url).is_success)
        yield Running(url, process.pid)
    finally:
        process.terminate()
        process.wait()


def _wait_until(ready: Callable[[], bool]) -> None:
    """Ask until the server answers."""
    for _ in range(200):
        try:
            if ready():
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise RuntimeError("A server did not start.")
