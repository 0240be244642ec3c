"""Write an `.imx` container (see `docs/imx.md`).

Standard library only, and nothing of this package: the build draws the built-in avatar before the package can be
imported.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping

MANIFEST = "manifest.json"
FORMAT = "imx"
SCHEMA_VERSION = 2


def pack(manifest: Mapping[str, object], entries: Mapping[str, bytes]) -> bytes:
    """The container's bytes, the same ones for the same arguments.

    Args:
        manifest: every field but `format`, `schema_version` and `entries`, which are filled in here.
        entries: file name to content.
    """
    declared = [
        {"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in entries.items()
    ]
    whole = {"format": FORMAT, "schema_version": SCHEMA_VERSION, **manifest, "entries": declared}
    text = json.dumps(whole, indent=1, ensure_ascii=False).encode()

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in {MANIFEST: text, **entries}.items():
            archive.writestr(zipfile.ZipInfo(name), content)  # a bare ZipInfo is dated 1980: no clock in the bytes
    return out.getvalue()
