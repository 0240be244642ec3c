"""Notices a stream whose every piece is pushed as an utterance of its own."""

import warnings

SHORT_S = 0.1
MANY = 20


class PieceWatch:
    """Warns once when many short utterances in a row suggest that `last_chunk=False` was left out."""

    def __init__(self) -> None:
        self._in_a_row = 0
        self._has_warned = False

    def see(self, data: bytes, sample_rate: int, last_chunk: bool) -> None:
        """Look at a piece of 16-bit mono PCM that was pushed."""
        if not last_chunk or len(data) >= 2 * sample_rate * SHORT_S:
            self._in_a_row = 0
            return
        self._in_a_row += 1
        if self._in_a_row >= MANY and not self._has_warned:
            self._has_warned = True
            warnings.warn(
                f"{MANY} pieces of speech in a row were shorter than {SHORT_S * 1_000:.0f} ms and ended an utterance "
                "each, so the mouth closes after every piece. To stream, call push_audio(data, sample_rate, "
                "last_chunk=False) for each piece, and flush() at the end.",
                UserWarning,
                stacklevel=3,
            )
