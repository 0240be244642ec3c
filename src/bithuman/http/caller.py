"""Who calls a route, and how much of its plan is left: FastAPI dependencies."""

from typing import Annotated

from fastapi import Depends, Request, Response, Security
from fastapi.security import APIKeyHeader, HTTPBearer

from bithuman.core import refusals
from bithuman.core.accounts import Account, SecretRecord
from bithuman.core.refusals import Code, Refusal
from bithuman.http.limits import Buckets
from bithuman.service.accounts import read_account
from bithuman.service.authenticate import authenticate, remember_use
from bithuman.service.platform import Platform

api_secret = APIKeyHeader(
    name="api-secret", scheme_name="ApiSecret", auto_error=False, description="The account's api-secret."
)
_runtime_token = HTTPBearer(
    scheme_name="RuntimeToken", bearerFormat="JWT", auto_error=False, description="A session's runtime token."
)
# Documents that a route wants a runtime token; the use-case judges it.
RuntimeToken = Security(_runtime_token)


async def platform_of(request: Request) -> Platform:
    """The server's platform. A coroutine, as all dependencies are: FastAPI runs others in a thread."""
    platform: Platform = request.app.state.platform
    return platform


async def account_of(
    request: Request, response: Response, text: Annotated[str | None, Security(api_secret)] = None
) -> Account:
    """The account that the request's secret belongs to, within its limits.

    Raises:
        Refusal: 401, 403 where the account is suspended, or 429.
    """
    platform = await platform_of(request)
    secret = authenticate(platform, text)
    account = await read_account(platform, secret.user_id)
    _take(request, response, platform, account)
    if account.suspended:
        raise refusals.suspended_account()
    await remember_use(platform, secret)
    request.state.secret = secret
    return account


async def owner_of(user_id: str, account: Annotated[Account, Depends(account_of)]) -> Account:
    """The account in the path, which must be the caller's own.

    Raises:
        Refusal: NOT_FOUND: another's account looks like none.
    """
    if user_id != account.id:
        raise refusals.not_found("account")
    return account


async def asking_secret(request: Request, _: Annotated[Account, Depends(owner_of)]) -> SecretRecord:
    """The secret that asks, for a use-case that looks again whether it lives."""
    secret: SecretRecord = request.state.secret
    return secret


CurrentPlatform = Annotated[Platform, Depends(platform_of)]
CurrentAccount = Annotated[Account, Depends(account_of)]
Owner = Annotated[Account, Depends(owner_of)]
AskingSecret = Annotated[SecretRecord, Depends(asking_secret)]


def _take(request: Request, response: Response, platform: Platform, account: Account) -> None:
    plan = platform.plan(account.plan)
    reading = request.method == "GET"
    per_minute = plan.reads_per_minute if reading else plan.writes_per_minute
    buckets: Buckets = request.app.state.buckets
    bucket, allowed = buckets.take((account.id, reading), per_minute, platform.now_ms())
    headers = {
        "X-RateLimit-Limit": str(per_minute),
        "X-RateLimit-Remaining": str(bucket.remaining),
        "X-RateLimit-Reset": str(bucket.full_in_s),
    }
    response.headers.update(headers)
    request.state.rate_limit_headers = headers
    if not allowed:
        raise Refusal(
            Code.RATE_LIMITED, "Too many requests for this plan. Wait a moment.", retry_after_s=bucket.retry_after_s
        )
