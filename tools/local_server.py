"""Run the real server in a process of its own on a free loopback port: for the demo, the benchmarks and the tests."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

STOP_TIMEOUT_S = 20
LISTENING = "Listening on "
SET_UP = "Set up: "


@dataclass(frozen=True, slots=True)
class Credentials:
    """What `bithuman admin create-account` printed."""

    user_id: str
    alias: str
    secret: str

    def __repr__(self) -> str:
        return f"Credentials(user_id={self.user_id!r}, alias={self.alias!r})"


class LocalServer:
    """`bithuman serve` on its own data folder; it may be killed and started again on the same port.

    Args:
        settings: names and values of `BITHUMAN_…` variables, without the prefix.
        prefix: words before the command, such as `taskset -c 0`.
        log: where its log goes; `server.log` in the data folder where None.
    """

    def __init__(
        self, data_dir: Path, *, prefix: tuple[str, ...] = (), log: Path | None = None, **settings: str | float
    ) -> None:
        self.data_dir = data_dir
        self._log = log or data_dir / "server.log"
        self.url = ""
        self.setup_url: str | None = None
        self._prefix = prefix
        self._settings = {f"BITHUMAN_{name}".upper(): str(value) for name, value in settings.items()}
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> Self:
        """Start, and return once it listens."""
        port = self.url.rpartition(":")[2] or "0"
        self.data_dir.mkdir(parents=True, exist_ok=True)
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                [*self._prefix, *_command("serve", "--port", port)],
                env=self._environment(),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout is not None
        self.setup_url = None
        for line in self._process.stdout:
            if line.startswith(SET_UP):
                self.setup_url = line.removeprefix(SET_UP).strip()
            if line.startswith(LISTENING):
                self.url = line.removeprefix(LISTENING).strip()
                return self
        self.stop()
        raise RuntimeError(f"The server did not start:\n{self._log.read_text()[-2000:]}")

    @property
    def pid(self) -> int:
        """The server's process."""
        assert self._process is not None
        return self._process.pid

    def stop(self) -> int:
        """Ask it to end, wait, and return its exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it without warning, as a power cut would."""
        self._end(signal.SIGKILL)

    def create_account(self, email: str, plan: str = "free", credits: int = 0) -> Credentials:
        """Make an account as an operator does."""
        made = json.loads(
            self.admin("create-account", "--email", email, "--plan", plan, "--credits", str(credits), "--json")
        )
        return Credentials(made["user_id"], made["alias"], made["secret"])

    def admin(self, *arguments: str) -> str:
        """Run `bithuman admin …` on the server's data folder and return what it printed."""
        done = subprocess.run(
            _command("admin", *arguments), env=self._environment(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"bithuman admin {arguments[0]} failed: {done.stderr}")
        return done.stdout

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _end(self, number: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(number)
        try:
            code = self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None
        return code

    def _environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("BITHUMAN_")}
        return inherited | self._settings | {"BITHUMAN_DATA_DIR": str(self.data_dir)}


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "bithuman", *arguments]
