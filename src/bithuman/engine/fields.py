"""Read typed values from parsed JSON that somebody else wrote."""

from collections.abc import Sequence
from itertools import pairwise

from bithuman.errors import ModelLoadError

_CURE = "Write the file again as docs/imx.md says."


class Fields:
    """A JSON object that gives out only what has the expected type and range.

    Every method raises `ModelLoadError`, naming the field, where the value is missing or not as asked.
    """

    __slots__ = ("_values", "_where")

    def __init__(self, values: object, where: str) -> None:
        if not isinstance(values, dict):
            raise ModelLoadError(f"{where} should be an object.", cure=_CURE)
        self._values = values
        self._where = where

    def get(self, key: str) -> object:
        """What is there, whatever it is, or None: for what a writer may leave out and no reader builds on."""
        return self._values.get(key)

    def text(self, key: str, longest: int = 200) -> str:
        """A string of 1 to `longest` printable characters."""
        value = self._values.get(key)
        if not isinstance(value, str) or not 0 < len(value) <= longest or not value.isprintable():
            raise self._wrong(key, f"a text of 1 to {longest} printable characters")
        return value

    def integer(self, key: str, low: int, high: int) -> int:
        """A whole number from `low` to `high`."""
        return self._integer(key, self._values.get(key), low, high)

    def integers(self, key: str, low: int, high: int, count: int) -> tuple[int, ...]:
        """A list of exactly `count` whole numbers from `low` to `high`."""
        return tuple(self._integer(key, value, low, high) for value in self._list(key, count))

    def number(self, key: str, low: float, high: float) -> float:
        """A finite number from `low` to `high`."""
        return self._number(key, self._values.get(key), low, high)

    def numbers(self, key: str, low: float, high: float, count: int) -> tuple[float, ...]:
        """A list of exactly `count` finite numbers from `low` to `high`."""
        return tuple(self._number(key, value, low, high) for value in self._list(key, count))

    def axes(self, key: str, ranges: Sequence[tuple[float, float]]) -> tuple[tuple[float, ...], ...]:
        """A list with, for each range, a rising list of at least one number within it."""
        axes = []
        for axis, (low, high) in zip(self._list(key, len(ranges)), ranges, strict=True):
            if not isinstance(axis, list) or not axis:
                raise self._wrong(key, "a list of lists of numbers")
            values = tuple(self._number(key, value, low, high) for value in axis)
            if any(a >= b for a, b in pairwise(values)):
                raise self._wrong(key, "made of rising numbers")
            axes.append(values)
        return tuple(axes)

    def fields(self, key: str) -> "Fields":
        """An object within this one."""
        return Fields(self._values.get(key), f"{self._where}: {key}")

    def list_of_fields(self, key: str) -> list["Fields"]:
        """A list of objects."""
        return [Fields(value, f"{self._where}: {key}[{i}]") for i, value in enumerate(self._list(key, None))]

    def _list(self, key: str, count: int | None) -> list[object]:
        value = self._values.get(key)
        if not isinstance(value, list) or (count is not None and len(value) != count):
            raise self._wrong(key, "a list" if count is None else f"a list of {count}")
        return value

    def _integer(self, key: str, value: object, low: int, high: int) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self._wrong(key, f"a whole number from {low} to {high}")
        return value

    def _number(self, key: str, value: object, low: float, high: float) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
            raise self._wrong(key, f"a number from {low} to {high}")
        return float(value)

    def _wrong(self, key: str, expected: str) -> ModelLoadError:
        return ModelLoadError(f"{self._where}: {key} should be {expected}.", cure=_CURE)
