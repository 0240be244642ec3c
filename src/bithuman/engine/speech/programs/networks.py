"""The two networks of a Piper voice.

A Piper voice (VITS; Kim et al., "Conditional variational autoencoder with adversarial learning for end-to-end
text-to-speech", 2021) is two networks in one file. The first turns the phones of a sentence into a latent track of some
86 frames a second, and decides how many frames each phone gets; the second turns latent frames into samples. Taken
apart in memory, the second can work on one stretch after the other. The samples are the same, and the beginning of a
long sentence is there after a third of the time.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx.utils import Extractor

Array = npt.NDArray[Any]

FIRST_STRETCH, LONGEST_STRETCH = 32, 172
"""Latent frames. A third of a second, to be early, then twice as many each time, up to two seconds: so each stretch is
made while the one before is heard, and the frames around it, which are computed anew, weigh little."""
# How many frames on either side a sample depends on: 12 by measure in a medium voice; a high one reaches farther.
_REACH = 16

_SECOND = "/dec/"
"""How the names of the second network's nodes begin in every voice that Piper's trainer exported."""


class Networks:
    """A voice, ready to run on one core. One built in another way runs whole, and may not report its durations.

    Args:
        model: the voice. It is changed.
        hop: samples in a latent frame.
    """

    def __init__(self, model: onnx.ModelProto, hop: int) -> None:
        self._hop = hop
        graph = model.graph
        self._handed = _handed(graph)
        ceilings = [node.output[0] for node in graph.node if node.op_type == "Ceil"]
        self._durations = ceilings if len(ceilings) == 1 else []
        graph.value_info.extend(
            onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None)
            for name in (*self._handed, *self._durations)
        )
        parts = Extractor(model)
        samples = [output.name for output in graph.output][:1]
        inputs = [tensor.name for tensor in graph.input]
        self.first = _session(parts.extract_model(inputs, [*(self._handed or samples), *self._durations]))
        self._second = _session(parts.extract_model(self._handed, samples)) if self._handed else None

    def speak(self, sentence: Mapping[str, Array]) -> tuple[Array | None, Iterator[Array]]:
        """Read a sentence.

        Returns:
            How many samples each of its symbols lasts, (symbols,) int, or None where it is not reported; and its
            samples, stretch by stretch, each (N,) float32, computed as they are asked for.
        """
        *outputs, last = self.first.run(None, dict(sentence))
        if not self._durations:
            outputs, frames = [*outputs, last], None
        else:
            frames = last.reshape(-1).astype(np.int64) * self._hop
        if self._second is None:
            return frames, iter([outputs[0].reshape(-1)])
        return frames, self._stretches(dict(zip(self._handed, outputs, strict=True)))

    def _stretches(self, handed: dict[str, Array]) -> Iterator[Array]:
        assert self._second is not None
        length = max(value.shape[-1] for value in handed.values())
        start, size = 0, FIRST_STRETCH
        while start < length:
            end = min(start + size, length)
            low, high = max(start - _REACH, 0), min(end + _REACH, length)
            # What is one frame long, such as who speaks, holds for all of them.
            around = {
                name: value[..., low:high] if value.shape[-1] == length else value for name, value in handed.items()
            }
            samples = self._second.run(None, around)[0].reshape(-1)
            yield samples[(start - low) * self._hop : (end - low) * self._hop]
            start, size = end, min(2 * size, LONGEST_STRETCH)


def _handed(graph: onnx.GraphProto) -> list[str]:
    """What the second network takes from the first."""
    second = [node for node in graph.node if node.name.startswith(_SECOND)]
    inside = {output for node in second for output in node.output} | {weights.name for weights in graph.initializer}
    return sorted({name for node in second for name in node.input if name} - inside)


def _session(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # the other cores draw faces
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
