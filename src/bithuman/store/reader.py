"""How named queries are run."""

from typing import Any

from sqlalchemy import Connection, Executable, Row


class Reader:
    """Runs queries on one connection.

    Args:
        connection: of the transaction whose state is read.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _first(self, statement: Executable, **parameters: Any) -> Row[Any] | None:
        return self._connection.execute(statement, parameters).first()

    def _all(self, statement: Executable, **parameters: Any) -> list[Row[Any]]:
        return list(self._connection.execute(statement, parameters))

    def _number(self, statement: Executable, **parameters: Any) -> int:
        return int(self._connection.execute(statement, parameters).scalar_one())
