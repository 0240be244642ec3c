"""A stream whose every piece is pushed as an utterance of its own is noticed."""

import warnings

import pytest

from bithuman.runtime.pieces import MANY, PieceWatch

PIECE = bytes(2 * 320)  # 20 ms at 16 kHz


def see(watch: PieceWatch, count: int, data: bytes = PIECE, *, last_chunk: bool = True) -> None:
    for _ in range(count):
        watch.see(data, 16_000, last_chunk)


def test_many_short_utterances_in_a_row_warn_once() -> None:
    watch = PieceWatch()
    with pytest.warns(UserWarning, match="last_chunk=False") as caught:
        see(watch, 3 * MANY)
    assert len(caught) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        see(watch, 1, last_chunk=False)
        see(watch, 3 * MANY)


@pytest.mark.parametrize(("data", "last_chunk"), [(bytes(3_200), True), (PIECE, False)])
def test_fewer_in_a_row_do_not_warn(data: bytes, last_chunk: bool) -> None:
    watch = PieceWatch()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(3):
            see(watch, MANY - 1)
            see(watch, 1, data, last_chunk=last_chunk)


def test_a_stream_that_is_pushed_right_does_not_warn() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        see(PieceWatch(), 10 * MANY, last_chunk=False)
