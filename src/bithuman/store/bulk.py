"""Writing many rows at once: the same statements, without the toolkit's work for each row."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Delete, Dialect, Insert, Update
from sqlalchemy.sql.compiler import SQLCompiler

Write = Insert | Update | Delete


def write_all(connection: Connection, statement: Write, values: Sequence[Any]) -> None:
    """Run `statement` once for each value. Its parameters are the values' attributes; `row_id` is their `id`."""
    text, pick = _compiled(statement, connection.dialect, tuple(getattr(values[0], "_fields", ())))
    connection.exec_driver_sql(text, [pick(value) for value in values])


@lru_cache
def _compiled(statement: Write, dialect: Dialect, fields: tuple[str, ...]) -> tuple[str, Callable[[Any], Any]]:
    columns = list(fields) if isinstance(statement, Insert) else None
    compiled = statement.compile(dialect=dialect, column_keys=columns)
    assert isinstance(compiled, SQLCompiler)
    names = compiled.positiontup or ()
    return str(compiled), attrgetter(*("id" if name == "row_id" else name for name in names))
