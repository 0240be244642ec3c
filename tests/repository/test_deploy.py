"""What `deploy/` holds really works: TLS by Caddy and nginx, the unit, and the container's instructions."""

import json
import os
import re
import shlex
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from bithuman.http.connections import LIMITS_S, Phase
from bithuman.service.settings import ENV_PREFIX, Settings
from tools.local_server import LocalServer

DEPLOY = Path(__file__).parents[2] / "deploy"
NAME = "localhost"
DEADLINE_S = 30


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for taken in sockets:
            taken.bind(("127.0.0.1", 0))
        return [taken.getsockname()[1] for taken in sockets]


@dataclass(frozen=True)
class Front:
    """A proxy that runs: its two addresses, whom to trust, and where its log is."""

    plain: str
    tls: str
    authority: Path
    log: Path

    def client(self) -> httpx.Client:
        context = ssl.create_default_context(cafile=self.authority)
        return httpx.Client(base_url=self.tls, verify=context, trust_env=False, timeout=DEADLINE_S)


@contextmanager
def running(command: list[str], log: Path, environment: dict[str, str], ready: Callable[[], bool]) -> Iterator[None]:
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=os.environ | environment)
    try:
        deadline_s = time.monotonic() + DEADLINE_S
        while not ready():
            assert process.poll() is None, log.read_text()[-2000:]
            assert time.monotonic() < deadline_s, log.read_text()[-2000:]
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(DEADLINE_S)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def caddy(folder: Path, server: str) -> Iterator[Front]:
    if shutil.which("caddy") is None:
        pytest.skip("Caddy is not installed (apt-get install caddy).")
    plain, tls = free_ports(2)
    data = folder / "data"
    options = f"{{\n\tadmin off\n\tskip_install_trust\n\tlocal_certs\n\thttp_port {plain}\n\thttps_port {tls}\n"
    config = folder / "Caddyfile"
    config.write_text(re.sub(r"^\{\n", options, (DEPLOY / "Caddyfile").read_text(), count=1, flags=re.MULTILINE))
    front = Front(
        f"http://{NAME}:{plain}",
        f"https://{NAME}:{tls}",
        data / "caddy" / "pki" / "authorities" / "local" / "root.crt",
        folder / "caddy.log",
    )
    environment = {"AVATAR_HOST": NAME, "AVATAR_SERVER": server, "XDG_DATA_HOME": str(data), "HOME": str(folder)}

    def ready() -> bool:
        if not (front.authority.exists() and listens(tls)):
            return False
        try:
            with front.client() as client:
                return bool(client.get("/healthz"))
        except (httpx.TransportError, ssl.SSLError):
            return False  # The certificate is still being made.

    with running(["caddy", "run", "--config", str(config)], front.log, environment, ready):
        yield front


@contextmanager
def nginx(folder: Path, server: str) -> Iterator[Front]:
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None or shutil.which("openssl") is None:
        pytest.skip("nginx or openssl is not installed (apt-get install nginx-light openssl).")
    plain, tls = free_ports(2)
    certificate, key = folder / "fullchain.pem", folder / "privkey.pem"
    subprocess.run(
        shlex.split(f"openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN={NAME}")
        + shlex.split(f"-addext subjectAltName=DNS:{NAME} -keyout {key} -out {certificate}"),
        capture_output=True,
        check=True,
    )
    text = (DEPLOY / "nginx.conf").read_text()
    text = re.sub(r"/etc/letsencrypt/live/[^/]+", str(folder), text).replace("avatars.example.com", NAME)
    text = text.replace("server 127.0.0.1:8787;", f"server {server};")
    text = text.replace("listen 80;", f"listen 127.0.0.1:{plain};")
    text = text.replace("listen 443 ssl", f"listen 127.0.0.1:{tls} ssl")
    text = re.sub(r"^ *listen \[::\].*\n", "", text, flags=re.MULTILINE)
    (folder / "site.conf").write_text(text)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    config = folder / "nginx.conf"
    config.write_text(
        f"daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log stderr;\nevents {{}}\n"
        f"http {{\n{temporary}access_log {folder}/access.log;\ninclude {folder}/site.conf;\n}}\n"
    )
    front = Front(f"http://{NAME}:{plain}", f"https://{NAME}:{tls}", certificate, folder / "nginx.log")
    command = [program, "-p", str(folder), "-c", str(config)]
    with running(command, front.log, {}, lambda: listens(tls)):
        yield front


@pytest.mark.parametrize("proxy", [caddy, nginx], ids=["caddy", "nginx"])
def test_a_session_lives_behind_tls(
    proxy: Callable[[Path, str], AbstractContextManager[Front]], tmp_path: Path
) -> None:
    with LocalServer(tmp_path / "server", trusted_proxies="127.0.0.1") as server:
        account = server.create_account("ada@example.com")
        secret = {"api-secret": account.secret}
        with proxy(tmp_path, server.url.removeprefix("http://")) as front, front.client() as client:
            granted = client.post("/v1/runtime-tokens/request", headers=secret, json={}).raise_for_status().json()
            for seq in range(2):
                bearer = {"authorization": f"Bearer {granted['data']['token']}"}
                answer = client.post("/v1/runtime-tokens/heartbeat", headers=bearer, json={"seq": seq})
                granted = answer.raise_for_status().json()
            assert answer.headers["strict-transport-security"]

            # What a client claims about its own address counts for nothing, and the page shows the right address.
            forged = {**secret, "x-forwarded-for": "203.0.113.7"}
            page = client.get("/", headers={**forged, "accept": "text/html"}).text
            assert f"bithuman init --api-url {front.tls}<" in page
            for number in range(40):
                wrong = {"api-secret": account.secret[:-1] + "x", "x-forwarded-for": f"203.0.113.{number}"}
                refused = client.get("/v1/me", headers=wrong)
            assert refused.status_code == 429

            # A body that is too long for the server, and not for the proxy, gets the server's own answer.
            long = client.post("/v1/runtime-tokens/request", headers=secret, content=b"x" * 100_000)
            assert long.json()["error"]["code"] == "PAYLOAD_TOO_LARGE"

            plain = httpx.post(f"{front.plain}/v1/validate", headers=secret, trust_env=False)
            assert (plain.status_code, plain.has_redirect_location) == (403, False)

            # An outage: no answer in the server's envelope, and no secret in a log.
            server.stop()
            outage = client.post("/v1/validate", headers=secret)
            assert outage.status_code == 502
            assert not outage.headers.get("content-type", "").startswith("application/json")
    logged = "".join(log.read_text() for log in (front.log, tmp_path / "access.log") if log.exists())
    secret_is_logged = account.secret in logged  # Apart, so that a failure does not print it.
    assert not secret_is_logged


@pytest.mark.parametrize(
    ("file", "pattern"),
    [("Caddyfile", r"^\s*keepalive (\d+)s"), ("nginx.conf", r"^    keepalive_timeout (\d+)s;")],
)
def test_the_proxy_gives_a_connection_up_before_the_server_does(file: str, pattern: str) -> None:
    found = re.search(pattern, (DEPLOY / file).read_text(), re.MULTILINE)
    assert found
    assert int(found[1]) < LIMITS_S[Phase.KEPT]


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit, with the server of this environment."""
    text = (DEPLOY / "bithuman.service").read_text()
    path = tmp_path / "bithuman.service"
    path.write_text(text.replace("/opt/bithuman/bin/bithuman", str(Path(sys.executable).with_name("bithuman"))))
    return path


def test_systemd_understands_the_unit_and_finds_it_hardened(unit: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed.")
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )
    assert (verified.returncode, verified.stderr) == (0, "")
    rated = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert rated.returncode == 0, rated.stdout


def test_the_unit_gives_the_server_settings_that_it_knows(unit: Path) -> None:
    names = re.findall(r"^Environment=(BITHUMAN_\w+)=", unit.read_text(), re.MULTILINE)
    assert names
    assert {name.removeprefix(ENV_PREFIX).lower() for name in names} <= Settings.model_fields.keys()


@pytest.fixture(scope="module")
def instructions() -> list[tuple[str, str]]:
    """The Containerfile: each instruction's name and the rest of it."""
    text = re.sub(r"\\\n\s*", "", (DEPLOY / "Containerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in lines)]


def last_stage(instructions: list[tuple[str, str]]) -> list[tuple[str, str]]:
    begin = max(number for number, (name, _) in enumerate(instructions) if name == "FROM")
    return instructions[begin:]


def test_the_container_runs_one_process_without_rights(instructions: list[tuple[str, str]]) -> None:
    stage = dict(last_stage(instructions))
    known = {"FROM", "COPY", "RUN", "USER", "ENV", "VOLUME", "EXPOSE", "HEALTHCHECK", "STOPSIGNAL", "CMD", "WORKDIR"}
    assert {name for name, _ in instructions} <= known
    assert int(stage["USER"]) > 0
    assert json.loads(stage["CMD"])[0] == "bithuman"  # In this form no shell stands before it, and signals reach it.
    settings = dict(part.split("=", 1) for part in shlex.split(stage["ENV"]))
    assert settings["BITHUMAN_DATA_DIR"] == stage["VOLUME"]


def test_the_health_check_knows_a_server_that_is_ready(instructions: list[tuple[str, str]], tmp_path: Path) -> None:
    command = json.loads(dict(last_stage(instructions))["HEALTHCHECK"].partition("CMD ")[2])
    assert command[0] == "python"
    with LocalServer(tmp_path) as server:
        check = [sys.executable, *(part.replace("http://127.0.0.1:8787", server.url) for part in command[1:])]
        assert subprocess.run(check, capture_output=True, check=False).returncode == 0
        (tmp_path / "bithuman.db").rename(tmp_path / "gone.db")
        deadline_s = time.monotonic() + DEADLINE_S
        while subprocess.run(check, capture_output=True, check=False).returncode == 0:
            assert time.monotonic() < deadline_s
    assert subprocess.run(check, capture_output=True, check=False).returncode != 0
