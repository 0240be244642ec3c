"""The network as it is trained; `bithuman.engine.listener` runs it."""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from bithuman.engine.features import BANDS, FEATURES

OUTPUTS = 7 + 15 + 1
"""The shape, the visemes, and whether p, b or m presses the lips."""


class Convolution(nn.Module):
    """A causal convolution over time, normalised, then rectified."""

    def __init__(self, channels: int, out: int, width: int, stride: int = 1, dilation: int = 1) -> None:
        super().__init__()
        self.past = (width - 1) * dilation + 1 - stride
        self.convolve = nn.Conv1d(channels, out, width, stride, dilation=dilation, bias=False)
        self.normalize = nn.BatchNorm1d(out)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.normalize(self.convolve(nn.functional.pad(x, (self.past, 0)))))

    def export(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Weights, shape (width, channels, out), and biases, with the normalization in them."""
        scale = self.normalize.weight / torch.sqrt(self.normalize.running_var + self.normalize.eps)
        bias = self.normalize.bias - self.normalize.running_mean * scale
        weight = (self.convolve.weight * scale[:, None, None]).permute(2, 1, 0)
        return weight.detach().numpy(), bias.detach().numpy()


class Network(nn.Module):
    """Features at 100 Hz in, (batch, hops, 41); outputs at 25 Hz, (batch, frames, 23)."""

    def __init__(self) -> None:
        super().__init__()
        self.hear = Convolution(FEATURES, 64, 5)
        self.halve = Convolution(64, 96, 4, stride=2)
        self.blocks = nn.ModuleList(Convolution(96, 96, 3, dilation=dilation) for dilation in (1, 2, 4))
        self.gather = Convolution(96, 128, 4, stride=2)
        self.remember = nn.GRU(128, 128, batch_first=True)
        self.tell = nn.Linear(256, OUTPUTS)
        self.drop = nn.Dropout(0.1)
        self.register_buffer("typical", torch.zeros(BANDS))

    def forward(self, features: Tensor) -> Tensor:
        x = self.halve(self.hear(features.transpose(1, 2)))
        for block in self.blocks:
            x = x + self.drop(block(x))
        seen = self.drop(self.gather(x).transpose(1, 2))
        remembered = self.drop(self.remember(seen)[0])
        told: Tensor = self.tell(torch.cat((seen, remembered), dim=2))
        return told

    def export(self) -> dict[str, npt.NDArray[Any]]:
        """What the engine needs, as half-precision arrays."""
        arrays: dict[str, npt.NDArray[Any]] = {"typical": self.typical.numpy()}
        layers = {"hear": self.hear, "halve": self.halve, "gather": self.gather}
        layers |= {f"block{number}": block for number, block in enumerate(self.blocks)}
        for name, layer in layers.items():
            arrays[f"{name}.weight"], arrays[f"{name}.bias"] = layer.export()
        for side, letter in (("input", "ih"), ("state", "hh")):
            arrays[f"gru.{side}.weight"] = getattr(self.remember, f"weight_{letter}_l0").detach().numpy().T
            arrays[f"gru.{side}.bias"] = getattr(self.remember, f"bias_{letter}_l0").detach().numpy()
        arrays["tell.weight"] = self.tell.weight.detach().numpy().T
        arrays["tell.bias"] = self.tell.bias.detach().numpy()
        return {name: np.ascontiguousarray(array, np.float16) for name, array in arrays.items()}
