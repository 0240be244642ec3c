"""Draw the built-in avatar: `python -m tools.draw_avatar OUT.imx`."""

import sys
from pathlib import Path

from tools.draw_avatar.assemble import assemble


def main() -> int:
    """Write the avatar where the one argument says."""
    if len(sys.argv) != 2:
        print("usage: python -m tools.draw_avatar OUT.imx", file=sys.stderr)
        return 2
    out = Path(sys.argv[1])
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(assemble())
    return 0


if __name__ == "__main__":
    sys.exit(main())
