"""`bithuman admin backup` and `bithuman admin restore`: the server's data into a folder, and back."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bithuman.cli.extras import server_extra
from bithuman.cli.files import check_new_folder
from bithuman.cli.options import AsJson, DataDir
from bithuman.cli.output import note, print_fields, print_json
from bithuman.cli.serve import existing_server_settings, server_settings


def backup(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder to make: not there yet, or empty.")],
    with_keys: Annotated[
        bool, typer.Option("--with-keys", help="Put keys.json there too. Whoever has both can make tokens.")
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Copy the database, checked.

    It goes into a new folder, while the server runs or not. The copy is one moment's state. It is checked before the
    folder appears: the file is whole, and every balance is the sum of its ledger. The keys (keys.json) are kept apart,
    unless --with-keys is given.
    """
    check_new_folder(folder, "FOLDER")
    with server_extra():
        from bithuman.service.backup import make_backup
    settings = existing_server_settings(data_dir)
    made = make_backup(settings, folder, with_keys=with_keys)
    if as_json:
        print_json(
            {"folder": str(made.folder), "files": list(made.files), "accounts": made.accounts, "bytes": made.bytes}
        )
        return
    print_fields(
        {"Backup": made.folder, "Files": ", ".join(made.files), "Accounts": made.accounts, "Bytes": made.bytes}
    )
    if settings.signing_keys and settings.secret_pepper:
        note(
            "The keys are in BITHUMAN_SIGNING_KEYS and BITHUMAN_SECRET_PEPPER. Keep a copy of both elsewhere: without "
            "them every secret is void."
        )
    elif not with_keys:
        note("keys.json is not in it. Keep a copy of that file elsewhere: without it every secret is void.")


def restore(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder that 'admin backup' made.")],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Put a backup back (server stopped).

    The backup is checked first. What is there is kept beside it under a dated name. Keys are restored where the backup
    has them; else those that are there stay.
    """
    with server_extra():
        from bithuman.service.backup import restore_backup
    if not folder.is_dir():
        raise typer.BadParameter(
            f"{folder} is no folder. Name the folder that 'bithuman admin backup' made.", param_hint="FOLDER"
        )
    restored = restore_backup(server_settings(data_dir=data_dir), folder, datetime.now(UTC))
    keys = "restored" if restored.keys_restored else "kept"
    moved = [str(path) for path in restored.moved_aside]
    if as_json:
        print_json(
            {"database": str(restored.database), "accounts": restored.accounts, "keys": keys, "moved_aside": moved}
        )
        return
    print_fields(
        {
            "Database": restored.database,
            "Accounts": restored.accounts,
            "Keys": keys,
            "Moved aside": moved,
        }
    )
    if not restored.keys_restored:
        note(
            "The keys of this folder stay. If they are not those of this backup, every secret is void: restore "
            "keys.json too."
        )
    note("Start the server now. Secrets that were rotated after the backup are good again: rotate them again.")
