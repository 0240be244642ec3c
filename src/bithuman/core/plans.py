"""Plans and prices: what an account may do, and what a minute costs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from bithuman.core.billing import MICRO
from bithuman.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Plan:
    """What a plan grants. Credits are micro-credits a month; limits are requests a minute."""

    name: str
    credits: int
    sessions: int
    reads_per_minute: int
    writes_per_minute: int


@dataclass(frozen=True, slots=True)
class Price:
    """What a rendered minute costs, in micro-credits."""

    code: str
    host: str
    model: str
    rate: int


@dataclass(frozen=True)
class Schedule:
    """The operator's plans and prices. The first price is the one for a client that names none."""

    plans: Mapping[str, Plan]
    prices: Mapping[str, Price]

    @cached_property
    def highest_rate(self) -> int:
        """What a minute costs at the most, in micro-credits."""
        return max(price.rate for price in self.prices.values())

    def price(self, billing_type: str | None) -> Price:
        """The price that a request names, or the default: a client from elsewhere may send a name of its own."""
        return self.prices.get(billing_type or "") or next(iter(self.prices.values()))


def parse_schedule(document: Mapping[str, Any]) -> Schedule:
    """Read the schedule from a parsed TOML document: tables `plans.NAME` and `prices.CODE`.

    Raises:
        ConfigurationError: something is missing or wrong; the message names the table and the key.
    """
    plans = {
        name: Plan(
            name,
            credits=_micro(table, f"plans.{name}", "credits_per_month"),
            sessions=_count(table, f"plans.{name}", "sessions"),
            reads_per_minute=_count(table, f"plans.{name}", "reads_per_minute"),
            writes_per_minute=_count(table, f"plans.{name}", "writes_per_minute"),
        )
        for name, table in _tables(document, "plans", _PLAN_KEYS)
    }
    prices = {
        code: Price(
            code,
            host=_text(table, f"prices.{code}", "host"),
            model=_text(table, f"prices.{code}", "model"),
            rate=_micro(table, f"prices.{code}", "credits_per_minute"),
        )
        for code, table in _tables(document, "prices", _PRICE_KEYS)
    }
    return Schedule(plans, prices)


_PLAN_KEYS = {"credits_per_month", "sessions", "reads_per_minute", "writes_per_minute"}
_PRICE_KEYS = {"host", "model", "credits_per_minute"}


def _tables(document: Mapping[str, Any], section: str, keys: set[str]) -> list[tuple[str, Mapping[str, Any]]]:
    tables = document.get(section)
    if not isinstance(tables, dict) or not tables or not all(isinstance(table, dict) for table in tables.values()):
        raise ConfigurationError(f"The schedule has no tables [{section}.NAME].", cure="Add at least one.")
    for name, table in tables.items():
        if table.keys() != keys:
            odd = sorted(table.keys() ^ keys)[0]
            problem = "is not known" if odd in table else "is missing"
            raise ConfigurationError(
                f"[{section}.{name}] {odd} {problem}.", cure=f"The keys are: {', '.join(sorted(keys))}."
            )
        if not re.fullmatch(r"[a-z][a-z0-9_-]{0,31}", name):
            raise ConfigurationError(
                f"[{section}.{name}] has a name that cannot be used.",
                cure="Take lower-case letters, digits, '-' and '_', at most 32.",
            )
    return list(tables.items())


def _micro(table: Mapping[str, Any], where: str, key: str) -> int:
    """A number of credits, with up to six decimals, as whole micro-credits."""
    value = table.get(key)
    try:
        amount = Decimal(str(value)) * MICRO
        if isinstance(value, bool) or amount < 0 or amount != int(amount):
            raise InvalidOperation
    except (InvalidOperation, ValueError, OverflowError):
        raise ConfigurationError(
            f"[{where}] {key} is {value!r}.", cure="Give a number of credits, zero or more, with up to six decimals."
        ) from None
    return int(amount)


def _count(table: Mapping[str, Any], where: str, key: str) -> int:
    value = table.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigurationError(f"[{where}] {key} is {value!r}.", cure="Give a whole number, one or more.")
    return value


def _text(table: Mapping[str, Any], where: str, key: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value:
        raise ConfigurationError(f"[{where}] {key} is {value!r}.", cure="Give a text.")
    return value
