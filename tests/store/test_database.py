"""The database file: migrated, tuned, and refused where it cannot be trusted."""

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from bithuman.errors import ConfigurationError
from bithuman.store.database import Database, database_path
from bithuman.store.schema import metadata


def test_the_migrations_make_the_schema(tmp_path: Path) -> None:
    database = Database(tmp_path / "facts.db")
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    database.close()


def test_survives_a_power_cut_and_checks_its_references(tmp_path: Path) -> None:
    database = Database(tmp_path / "facts.db")
    with database.read() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    database.close()
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "facts.db"
    Database(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(ConfigurationError, match="newer version"):
        Database(path)


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "facts.db"
    path.write_bytes(b"these are my holiday notes, and not a database at all" * 100)
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        Database(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "url",
    [
        "not a url",
        "postgresql://localhost/bithuman",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///facts.db?timeout=1",
        "sqlite:///file:facts.db?uri=true",
        "sqlite:///file:facts.db",
    ],
)
def test_a_url_that_names_no_file_for_sure_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError):
        database_path(url)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nowhere"):
        Database(tmp_path / "nowhere" / "facts.db")
