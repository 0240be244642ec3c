"""Programs that look at photos run in a process of their own, without the credentials of this one."""

import json
from pathlib import Path

import pytest

from bithuman.portrait.apart import run_apart


def test_it_inherits_no_credential_and_loads_nothing_from_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "program.py"
    program.write_text("import json, os, sys\njson.dump([sys.stdin.read(), dict(os.environ), sys.path], sys.stdout)\n")
    monkeypatch.setenv("BITHUMAN_API_SECRET", "canary")
    monkeypatch.setenv("BITHUMAN_API_TOKEN", "canary")
    read, environ, path = json.loads(run_apart(program, b"a photo", 60))
    assert read == "a photo"
    assert "canary" not in environ.values()
    assert environ["PATH"]
    assert str(tmp_path) not in path
