"""Standard output that somebody stopped reading, such as `head`: the command goes on, and its exit code stays right."""

import io
import os
from collections.abc import Iterable


class Output(io.TextIOBase):
    """Writes to a stream until its reader is gone, and to nobody from then on."""

    def __init__(self, stream: io.TextIOWrapper) -> None:
        self._stream = stream

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The stream's."""
        return self._stream.encoding

    def write(self, text: str) -> int:
        """Write."""
        try:
            return self._stream.write(text)
        except BrokenPipeError:
            self._drop()
            return len(text)

    def writelines(self, lines: Iterable[str]) -> None:  # type: ignore[override]
        """Write each."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Send what was written. A stream that was closed has sent all of it."""
        if self._stream.closed:
            return
        try:
            self._stream.flush()
        except BrokenPipeError:
            self._drop()

    def fileno(self) -> int:
        """The stream's."""
        return self._stream.fileno()

    def isatty(self) -> bool:
        """The stream's."""
        return self._stream.isatty()

    def writable(self) -> bool:
        """Yes."""
        return True

    def _drop(self) -> None:
        nobody = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nobody, self._stream.fileno())
        os.close(nobody)
