"""Draw the built-in avatar when the package is built or installed for editing."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class DrawAvatar(BuildHookInterface[Any]):
    """Put `assets/default.imx` into the source tree, where both a wheel and an editable install find it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 (hatchling's signature)
        """Draw it if it is not there, or is older than what draws it."""
        root = Path(self.root)
        asset = root / "src/bithuman/engine/assets/default.imx"
        sources = [*(root / "tools/draw_avatar").glob("*.py"), root / "src/bithuman/engine/pack.py"]
        if asset.exists() and asset.stat().st_mtime >= max(source.stat().st_mtime for source in sources):
            return
        sys.path.insert(0, str(root))
        from tools.draw_avatar.assemble import assemble

        asset.parent.mkdir(parents=True, exist_ok=True)
        asset.write_bytes(assemble())
