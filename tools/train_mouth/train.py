"""Fitting the network to what the voices say."""

import time
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.optim import swa_utils

from bithuman.engine.features import BANDS, HOPS_PER_FRAME, Normalizer
from tools.train_mouth.augment import excerpt
from tools.train_mouth.corpus import Lesson
from tools.train_mouth.network import Network
from tools.train_mouth.voices import Voice

AHEAD_FRAMES = 2
"""The network has heard 80 ms more than the frame that it tells."""

CYCLES = (6000, 3200)
"""Steps: some twenty minutes of a core."""

_BATCH, _FRAMES, _TELL_EVERY = 16, 125, 200
_PEAK_RATE = 2e-3
_KEPT = 0.998  # how much of the running mean of the weights, which is what is told, a step leaves
_WEIGHTS = (3.0, 1.0, 1.5, 0.7, 0.0, 1.0, 0.7)  # of the seven numbers; the closure has a loss of its own
_SHAPE_LOSS, _VISEME_LOSS, _PRESSED_LOSS = 4.0, 1.0, 1.0
_PRESSED_ODDS = 1.5  # a closure that is missed is worse than one too many

Floats = npt.NDArray[np.float32]


def train(corpus: dict[Voice, list[Lesson]], seed: int, cycles: Sequence[int] = CYCLES) -> Network:
    """A network that has been taught in cycles of so many steps, each with a rate that rises and falls again."""
    for cycle, steps in enumerate(cycles):
        torch.manual_seed(seed + cycle)
        rng = np.random.default_rng(seed + cycle)
        if cycle == 0:
            network = Network()
            network.typical.copy_(torch.from_numpy(_typical(corpus, rng)))
        teach(network, corpus, steps, rng)
    network.eval()
    return network


def teach(network: Network, corpus: dict[Voice, list[Lesson]], steps: int, rng: np.random.Generator) -> None:
    """Show a network `steps` batches of 16 excerpts of five seconds."""
    torch.set_num_threads(1)
    network.train()
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _PEAK_RATE, total_steps=steps, pct_start=0.15)
    average = swa_utils.AveragedModel(network, multi_avg_fn=swa_utils.get_ema_multi_avg_fn(_KEPT), use_buffers=True)
    started = time.monotonic()
    told = []
    for step in range(1, steps + 1):
        losses = _losses(network, *_batch(corpus, network.typical.numpy(), rng))
        optimizer.zero_grad()
        sum(losses).backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        average.update_parameters(network)
        told.append([float(loss.detach()) for loss in losses])
        if step % _TELL_EVERY == 0:
            shape, viseme, pressed = np.mean(told[-_TELL_EVERY:], axis=0)
            spent_s = time.monotonic() - started
            line = f"shape {shape:.4f}, visemes {viseme:.4f}, pressed {pressed:.4f}"
            print(f"step {step}/{steps}, {spent_s:.0f} s: {line}", flush=True)
    network.load_state_dict(average.module.state_dict())


def _losses(network: Network, features: Tensor, shapes: Tensor, visemes: Tensor, pressed: Tensor) -> tuple[Tensor, ...]:
    with torch.autocast("cpu", torch.bfloat16):  # half the time, and as good
        told = network(features)[:, AHEAD_FRAMES:].float()
    shapes, visemes, pressed = (truth[:, :-AHEAD_FRAMES] for truth in (shapes, visemes, pressed))
    wrong = (told[..., :7] - shapes).square() * torch.tensor(_WEIGHTS)
    viseme = -(visemes * told[..., 7:22].log_softmax(dim=-1)).sum(dim=-1)
    spoken = 0.3 + 0.7 * (1 - visemes[..., 0])
    press = nn.functional.binary_cross_entropy_with_logits(
        told[..., 22], pressed, pos_weight=torch.tensor(_PRESSED_ODDS)
    )
    return _SHAPE_LOSS * wrong.mean(), _VISEME_LOSS * (viseme * spoken).mean(), _PRESSED_LOSS * press


def _batch(corpus: dict[Voice, list[Lesson]], typical: Floats, rng: np.random.Generator) -> Iterator[Tensor]:
    chances = np.array([voice.weight for voice in corpus])
    chosen = rng.choice(len(corpus), _BATCH, p=chances / chances.sum())
    lessons = list(corpus.values())
    heard, shapes, visemes, pressed = (
        np.stack(column)
        for column in zip(*(excerpt(lessons[which], _FRAMES * HOPS_PER_FRAME, rng) for which in chosen), strict=True)
    )
    frames = heard.reshape(_BATCH, _FRAMES, HOPS_PER_FRAME, BANDS)
    yield torch.from_numpy(np.stack([_features(stream, typical) for stream in frames]))
    for truth in (shapes, visemes):
        yield torch.from_numpy(truth.reshape(_BATCH, _FRAMES, HOPS_PER_FRAME, -1).mean(axis=2))
    yield torch.from_numpy(pressed.reshape(_BATCH, _FRAMES, HOPS_PER_FRAME).any(axis=2)).float()


def _features(frames: Floats, typical: Floats) -> Floats:
    normalize = Normalizer(typical)
    return np.concatenate([normalize(frame) for frame in frames])


def _typical(corpus: dict[Voice, list[Lesson]], rng: np.random.Generator) -> Floats:
    """The mean levels of all voices below their peak."""
    means = []
    for lessons in corpus.values():
        for _ in range(8):
            heard = excerpt(lessons, 600, rng)
            spoken = heard.visemes[:, 0] < 0.5
            if spoken.any():
                means.append((heard.levels - heard.levels.max())[spoken].mean(axis=0))
    return np.asarray(np.mean(means, axis=0), np.float32)
