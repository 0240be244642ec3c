"""Rows of a platform's database, for tests that look behind what the store gives."""

from typing import Any

from sqlalchemy import Executable, Row

from bithuman.store.database import Database


def all_rows(database: Database, statement: Executable, **parameters: Any) -> list[Row[Any]]:
    """All rows of a query."""
    with database.connect() as connection:
        return list(connection.execute(statement, parameters).all())
