"""Codes and their HTTP statuses."""

from bithuman.core.refusals import Code
from bithuman.http.statuses import STATUS


def test_each_code_has_a_status() -> None:
    assert STATUS.keys() == set(Code)
