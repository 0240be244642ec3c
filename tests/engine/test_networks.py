"""Voices taken apart: a tiny one, whose second network smooths what the first one counts."""

import numpy as np
import numpy.typing as npt
import pytest

pytest.importorskip("onnx", reason="needs the voice: pip install '.[speech]'")

import onnx
from onnx import TensorProto, helper, numpy_helper

from bithuman.engine.speech.programs.networks import FIRST_STRETCH, Networks

HOP = 1


def voice(second: str = "/dec/", durations: str = "Ceil") -> onnx.ModelProto:
    """Input (1, symbols) becomes a latent track (1, 1, symbols), and that a smoothed wave (1, 1, symbols)."""
    kernel = np.ones((1, 1, 25), np.float32)  # reaches as far as a medium voice's
    nodes = [
        helper.make_node("Cast", ["input"], ["cast"], "/cast", to=TensorProto.FLOAT),
        helper.make_node(durations, ["cast"], ["durations"], "/durations"),
        helper.make_node("Unsqueeze", ["durations", "axis"], ["latent"], "/latent"),
        helper.make_node("Conv", ["latent", "kernel"], ["smooth"], f"{second}Conv", pads=[12, 12]),
        helper.make_node("Tanh", ["smooth"], ["output"], f"{second}Tanh"),
    ]
    graph = helper.make_graph(
        nodes,
        "voice",
        [helper.make_tensor_value_info("input", TensorProto.INT64, [1, None])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(kernel, "kernel"), numpy_helper.from_array(np.array([1]), "axis")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def sentence(symbols: int) -> npt.NDArray[np.int64]:
    return np.random.default_rng(0).integers(-1, 2, (1, symbols))


def expected(ids: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    return np.tanh(np.convolve(ids[0], np.ones(25), "same"))


@pytest.mark.parametrize("symbols", [30, FIRST_STRETCH, FIRST_STRETCH + 1, 500])
def test_stretches_are_parts_of_the_whole(symbols: int) -> None:
    ids = sentence(symbols)
    durations, stretches = Networks(voice(), HOP).speak({"input": ids})
    heard = list(stretches)
    assert durations is not None
    assert durations.tolist() == ids[0].tolist()
    assert len(heard[0]) == min(symbols, FIRST_STRETCH)
    assert np.allclose(np.concatenate(heard), expected(ids), atol=1e-6)


def test_a_voice_built_in_another_way_speaks_whole() -> None:
    ids = sentence(500)
    durations, stretches = Networks(voice(second="/generator/"), HOP).speak({"input": ids})
    (heard,) = stretches
    assert durations is not None
    assert np.allclose(heard, expected(ids), atol=1e-6)


@pytest.mark.parametrize("second", ["/dec/", "/generator/"])
def test_a_voice_may_not_tell_how_long_its_phones_are(second: str) -> None:
    ids = sentence(100)
    durations, stretches = Networks(voice(second, durations="Identity"), HOP).speak({"input": ids})
    assert durations is None
    assert np.allclose(np.concatenate(list(stretches)), expected(ids), atol=1e-6)
