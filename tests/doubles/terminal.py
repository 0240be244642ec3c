"""Where a person types and reads."""

import io


class FakeTerminal(io.StringIO):
    """A text stream that says that it is a terminal."""

    def isatty(self) -> bool:
        """Always."""
        return True
