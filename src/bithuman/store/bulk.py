"""Many rows at once: the same statements, without the toolkit's work for each row.

They are compiled once for a dialect, and then go to the driver as they are.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Dialect, Insert, Row, Select, Update
from sqlalchemy.sql.compiler import SQLCompiler

Write = Insert | Update
# Where the value of a column stands in what is written, if not in an attribute of its name. The driver takes a plain
# text at once, and looks for a converter for any other kind of text.
_ATTRIBUTES = {
    "row_id": "id",
    "plan_balance": "balance.plan",
    "topup_balance": "balance.topup",
    "activity": "activity.value",
}


def read_all(connection: Connection, statement: Select[Any], ids: Sequence[Any]) -> Sequence[Row[Any]]:
    """The rows of `statement` for its one parameter, `ids`."""
    return connection.exec_driver_sql(_compiled_read(statement, connection.dialect, len(ids)), tuple(ids)).all()


def write_all(connection: Connection, statement: Write, values: Sequence[Any]) -> None:
    """Run `statement` once for each value. Its parameters are the values' attributes.

    Raises:
        Exception: the driver's own, and not the toolkit's.
    """
    text, pick = _compiled_write(statement, connection.dialect, values[0].__struct_fields__)
    connection.connection.cursor().executemany(text, [pick(value) for value in values])


@lru_cache(maxsize=1024)
def _compiled_read(statement: Select[Any], dialect: Dialect, count: int) -> str:
    counted = statement.params(ids=[None] * count)
    return str(counted.compile(dialect=dialect, compile_kwargs={"render_postcompile": True}))


@lru_cache
def _compiled_write(
    statement: Write, dialect: Dialect, fields: tuple[str, ...]
) -> tuple[str, Callable[[Any], tuple[Any, ...]]]:
    compiled = statement.compile(dialect=dialect, column_keys=list(fields) if isinstance(statement, Insert) else None)
    assert isinstance(compiled, SQLCompiler)
    return str(compiled), attrgetter(*(_ATTRIBUTES.get(name, name) for name in compiled.positiontup or ()))
