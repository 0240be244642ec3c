"""The listening model: what the mouth does, estimated from what is heard.

A causal convolutional network over features at 100, then 50 Hz, and a recurrent layer at 25 Hz that remembers the
speaker (Cho et al. 2014). `tools/train_mouth` trains it. It runs on numpy alone: one stream needs a few small matrix
products a frame, for which a runtime for large networks takes longer (docs/decisions/0061-mouth-model.md).
"""

from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bithuman.engine.audio import Samples
from bithuman.engine.features import HOPS_PER_FRAME, Ear
from bithuman.engine.shape import VISEMES, MouthShape

Floats = npt.NDArray[np.float32]

_NUMBERS = len(MouthShape._fields)
_PRESSED = _NUMBERS + len(VISEMES)


class Estimate(NamedTuple):
    """What the network makes of one frame."""

    numbers: Floats
    """Of `MouthShape`, shape (7,); they may lie a little outside their ranges."""
    visemes: Floats
    """Shape (15,), adding up to 1."""
    pressed: float
    """How likely the lips are pressed together, 0 to 1."""


class Listener:
    """Follows one stream. Its estimate after a frame is about the frame two before: it looks 80 ms ahead."""

    def __init__(self) -> None:
        self._weights = weights = _weights()
        self._ear = Ear(weights["typical"])
        hear = _Convolution(weights, "hear", inputs=HOPS_PER_FRAME)
        halve = _Convolution(weights, "halve", inputs=HOPS_PER_FRAME, stride=2)
        blocks = [_Convolution(weights, f"block{i}", inputs=2, dilation=2**i, residual=True) for i in range(3)]
        self._layers = (hear, halve, *blocks, _Convolution(weights, "gather", inputs=2, stride=2))
        self._state = np.zeros(weights["gru.state.weight"].shape[0], np.float32)

    def hear(self, samples: Samples) -> Estimate:
        """Take the next 640 samples in, and estimate the frame two before."""
        heard = self._ear.hear(samples)
        for layer in self._layers:
            heard = layer(heard)
        estimated = np.concatenate((heard[0], self._remember(heard[0]))) @ self._weights["tell.weight"]
        estimated += self._weights["tell.bias"]
        odds = np.exp(estimated[_NUMBERS:_PRESSED] - estimated[_NUMBERS:_PRESSED].max())
        return Estimate(estimated[:_NUMBERS], odds / odds.sum(), float(_sigmoid(estimated[_PRESSED])))

    def _remember(self, seen: Floats) -> Floats:
        weights, size = self._weights, self._state.size
        given = seen @ weights["gru.input.weight"] + weights["gru.input.bias"]
        kept = self._state @ weights["gru.state.weight"] + weights["gru.state.bias"]
        gates = _sigmoid(given[: 2 * size] + kept[: 2 * size])
        new = np.tanh(given[2 * size :] + gates[:size] * kept[2 * size :])
        self._state = new + gates[size:] * (self._state - new)
        return self._state


class _Convolution:
    """A causal convolution over time with a rectifier. It keeps as much of its input as the next frame needs.

    Args:
        weights: of the network, with shape (width, channels, out) for this layer.
        inputs: how many moments a frame brings.
        residual: whether what it gives is added to what it was given.
    """

    def __init__(
        self,
        weights: dict[str, Floats],
        name: str,
        inputs: int,
        stride: int = 1,
        dilation: int = 1,
        residual: bool = False,
    ) -> None:
        width, channels, _ = weights[f"{name}.weight"].shape
        self._weight, self._bias = weights[f"{name}.weight"].reshape(width * channels, -1), weights[f"{name}.bias"]
        self._inputs, self._residual = inputs, residual
        self._past = (width - 1) * dilation + 1 - stride
        self._buffer = np.zeros((self._past + inputs, channels), np.float32)
        step = self._buffer.strides[0]
        # Every moment of the output beside the moments of the input that it sees; it follows the buffer's changes.
        self._seen = np.lib.stride_tricks.as_strided(
            self._buffer, (inputs // stride, width, channels), (stride * step, dilation * step, 4), writeable=False
        )

    def __call__(self, x: Floats) -> Floats:
        """The output for the next moments, shape (inputs / stride, out)."""
        self._buffer[: self._past] = self._buffer[self._inputs :]
        self._buffer[self._past :] = x
        out: Floats = self._seen.reshape(len(self._seen), -1) @ self._weight
        out += self._bias
        np.maximum(out, 0.0, out=out)
        if self._residual:
            out += x
        return out


@cache
def _weights() -> dict[str, Floats]:
    """One copy for all streams."""
    with files("bithuman.engine").joinpath("assets/mouth.npz").open("rb") as file, np.load(file) as arrays:
        return {name: arrays[name].astype(np.float32) for name in arrays.files}


def _sigmoid(x: Floats) -> Floats:
    return np.asarray(0.5 + 0.5 * np.tanh(0.5 * x), np.float32)  # which never overflows
