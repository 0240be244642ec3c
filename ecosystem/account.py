"""Who the client under test is to the server."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx

from tools.local_server import Credentials


@dataclass(frozen=True)
class Account:
    """An account, and what the server tells of its sessions."""

    url: str
    credentials: Credentials
    earlier: set[str] = field(default_factory=set)
    """Sessions of other tests."""

    @property
    def secret(self) -> str:
        return self.credentials.secret

    def token(self) -> str:
        """A runtime token, ready to use."""
        answer = httpx.post(f"{self.url}/v1/runtime-tokens/request", headers={"api-secret": self.secret}, json={})
        token: str = answer.raise_for_status().json()["data"]["token"]
        return token

    def sessions(self) -> list[dict[str, Any]]:
        answer = httpx.get(
            f"{self.url}/v2/{self.credentials.user_id}/runtime-sessions?window=all&limit=200",
            headers={"api-secret": self.secret},
        )
        listed = answer.raise_for_status().json()["data"]["sessions"]
        return [one for one in listed if one["id"] not in self.earlier]

    async def ended(self) -> list[str]:
        """Why each session ended, once all have."""
        while not all(reasons := [one["ended_reason"] for one in self.sessions()]):
            await asyncio.sleep(0.02)
        return reasons
