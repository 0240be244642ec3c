"""Hair: long waves from a parting, over one shoulder on one side and tucked behind the ear on the other."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tools.draw_avatar.curves import Path, Point, spline, stroke
from tools.draw_avatar.painting import Fade, Painting, Plane

X = 256.0
_STEPS = 160
_WAVES = 10.5
_DEEP, _DARK, _BASE, _WARM, _LIGHT, _SHINE = "#2A1210", "#43201A", "#6B3626", "#8E4C31", "#B9713F", "#F0BE86"

_LEFT_OUTER = (
    (42, 42), (0, 33), (-62, 43), (-110, 88), (-135, 152), (-145, 214), (-151, 274), (-157, 334), (-156, 390),
    (-152, 450), (-140, 556),
)  # fmt: skip
_LEFT_INNER = (
    (42, 70), (30, 102), (2, 132), (-34, 157), (-65, 188), (-79, 222), (-82, 260), (-80, 302), (-78, 346),
    (-70, 396), (-66, 456), (-78, 556),
)  # fmt: skip
_RIGHT_OUTER = (
    (40, 42), (70, 44), (104, 64), (128, 106), (139, 158), (142, 206), (140, 256), (131, 300),
)  # fmt: skip
_RIGHT_INNER = (
    (42, 70), (53, 104), (67, 136), (78, 164), (86, 190), (92, 211), (98, 230), (106, 256),
)  # fmt: skip
_FALL_OUTER = (
    (120, 130), (142, 190), (150, 250), (158, 310), (160, 366), (154, 420), (138, 500),
)  # fmt: skip
_FALL_INNER = (
    (84, 190), (88, 230), (84, 280), (72, 330), (64, 380), (66, 430), (84, 500),
)  # fmt: skip


def _edge(points: Sequence[Point]) -> Path:
    return _even(spline([(X + x, y) for x, y in points], steps=24), _STEPS)


def _even(path: Path, count: int) -> Path:
    """The path in evenly spaced points."""
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    at = np.linspace(0.0, along[-1], count)
    return np.stack([np.interp(at, along, path[:, i]) for i in range(2)], axis=1)


def hair_shadow() -> Path:
    """The outline of what lies before the face, for its shadow."""
    inner = np.vstack([_edge(_LEFT_INNER)[::-1], _edge(_RIGHT_INNER)])
    return np.vstack([inner, [(X + 160, 250), (X + 160, 20), (X - 160, 20), (X - 160, 430)]])


def hair_mass() -> Path:
    """The outline of the hair behind neck and head."""
    points = [
        (0, 60), (76, 68), (118, 140), (132, 240), (142, 330), (138, 400), (110, 444), (60, 440), (0, 400),
        (-60, 440), (-110, 450), (-138, 400), (-142, 330), (-132, 240), (-118, 140), (-76, 68),
    ]  # fmt: skip
    return spline([(X + x, y) for x, y in points], closed=True)


def hair_outlines() -> list[Path]:
    """The outlines of the crown and of what hangs freely on either side; `hair_mass` lies between them."""
    crown = np.vstack([_edge(_LEFT_OUTER)[::-1], _edge(_RIGHT_OUTER)])
    sides = ((_LEFT_OUTER, _LEFT_INNER), (_FALL_OUTER, _FALL_INNER))
    return [crown, *(np.vstack([_edge(outer), _edge(inner)[::-1]]) for outer, inner in sides)]


def draw_hair_behind(p: Painting) -> None:
    """The mass behind neck and head, and the fall behind the shoulder."""
    mass = hair_mass()
    p.paint(np.add(mass, (10.0, 10.0)), "#6B4A38", 0.30, 16.0)
    p.paint(mass, Fade((0, 60), (0, 440), ("#643526", "#5E3124", "#5A2F23")), 1.0, 0.6)
    inside, random = p.mask(mass), np.random.default_rng(5)
    for x in np.linspace(-104.0, 104.0, 44) + random.normal(0.0, 2.0, 44):
        line = spline([(X + 0.92 * x, 290.0), (X + x, 350.0), (X + 0.96 * x, 430.0)])
        p.paint(stroke(line, (1.0, 2.6, 1.0)), ("#7A4331", "#653525")[random.integers(2)], 0.45, 0.7, inside)
    _draw_sheet(p, _edge(_FALL_OUTER), _edge(_FALL_INNER), _Look(seed=21, locks=4, begin=0.2, swing=13.0, gloom=0.2))


def draw_hair_before(p: Painting) -> None:
    """The hair that frames the face."""
    _draw_sheet(p, _edge(_RIGHT_OUTER), _edge(_RIGHT_INNER), _Look(seed=4, locks=4, begin=0.5, swing=3.0, gloom=0.10))
    _draw_sheet(p, _edge(_LEFT_OUTER), _edge(_LEFT_INNER), _Look(seed=9, locks=6, begin=0.30, swing=15.0, gloom=0.0))
    _draw_wisps(p)


@dataclass(frozen=True)
class _Look:
    """What tells one sheet of hair from another: it waves from `begin` of the way on, by up to `swing` pixels, and lies
    more or less in shadow, `gloom` 0 to 0.5."""

    seed: int
    locks: int
    begin: float
    swing: float
    gloom: float


class _Lock:
    """A bundle of strands between two shares of a sheet's width, round like a rope and ending in a tip."""

    def __init__(
        self, edges: tuple[Path, Path], first: float, last: float, look: _Look, random: np.random.Generator
    ) -> None:
        self.outer, self.inner = edges
        self.middle, self.half = (first + last) / 2.0, (last - first) / 2.0
        self.along = np.linspace(0.0, 1.0, len(self.outer))[:, None]
        self.phase = 1.6 * self.middle + random.normal(0.0, 0.2)
        grown = np.clip((self.along - look.begin) / (1.0 - look.begin), 0.0, 1.0)
        self.wave = look.swing * np.sin(_WAVES * grown + self.phase) * grown**0.6 * np.array([1.0, 0.2])
        self.length = random.uniform(0.88, 0.96)

    def strand(self, across: float, taper: float = 0.86, length: float = 1.0) -> Path:
        """The line at `across`, -1 outside to 1 inside, as far as `length` of the lock."""
        tip = np.clip((self.along / self.length - 0.66) / 0.34, 0.0, 1.0) ** 2.0
        share = self.middle + across * self.half * (1.0 - taper * tip)
        path: Path = self.outer + share * (self.inner - self.outer) + self.wave
        return path[: int(min(length * self.length, 1.0) * len(path))]


def _draw_sheet(p: Painting, outer: Path, inner: Path, look: _Look) -> None:
    """Locks side by side between two edges, the one next to the face on top."""
    random = np.random.default_rng(look.seed)
    for i in range(look.locks):
        first, last = (i - 0.5) / look.locks, (i + 1.45) / look.locks
        _draw_lock(p, _Lock((outer, inner), max(first, 0.0), min(last, 1.0), look, random), look, random)


def _draw_lock(p: Painting, lock: _Lock, look: _Look, random: np.random.Generator) -> None:
    outline = np.vstack([lock.strand(-1.0), lock.strand(1.0)[::-1]])
    p.paint(np.add(outline, (2.0, 3.0)), _DEEP, 0.35, 4.0)
    p.paint(outline, Fade((0, 40), (0, 460), (_BASE, _BASE, "#5F2E22", "#4C241C")), 1.0, 0.4)
    inside = p.mask(outline, 0.35)
    for across, shade, strength in ((0.85, _DEEP, 0.45 + look.gloom), (-0.95, _DARK, 0.3 + look.gloom)):
        band = np.vstack([lock.strand(across - 0.25), lock.strand(across + 0.35)[::-1]])
        p.paint(band, shade, strength, 3.0, inside)
    band = np.vstack([lock.strand(-0.55), lock.strand(0.15)[::-1]])
    p.paint(band, _WARM, 0.75 * (1.0 - 2.0 * look.gloom), 3.5, inside)
    for across in np.linspace(-0.97, 0.97, 26):
        path = lock.strand(across + random.normal(0.0, 0.03))
        bright = 0.55 - 0.5 * (across + 0.2) ** 2 - look.gloom + random.normal(0.0, 0.22)
        colour = (_DEEP, _DARK, _WARM, _LIGHT)[int(np.digitize(bright, (0.0, 0.30, 0.66)))]
        width = random.uniform(0.7, 1.9)
        p.paint(stroke(path, (0.5, width, width, width, 0.3)), colour, random.uniform(0.18, 0.42), 0.4, inside)
    _draw_gloss(p, lock, look, inside, random)
    for across in np.linspace(-1.0, 1.0, 15):  # the ends of a lock are no blade: hairs of many lengths
        path = lock.strand(across, taper=random.uniform(0.45, 0.85), length=random.uniform(0.94, 1.06))
        colour = (_DARK, _BASE, _WARM)[random.integers(3)]
        p.paint(stroke(path[len(path) * 2 // 3 :], (0.05, 1.6, 2.0, 1.5, 0.2)), colour, random.uniform(0.45, 0.8), 0.4)


def _draw_gloss(p: Painting, lock: _Lock, look: _Look, inside: Plane, random: np.random.Generator) -> None:
    """Light where a lock turns towards the lamp: on the crown, and on the back of every wave."""
    places = [(0.21, 0.19, 0.52)]
    for turn in range(3):
        grown = (2.0 * np.pi * turn + 3.6 - lock.phase) / _WAVES
        if 0.08 < grown < 0.85:
            places.append((look.begin + grown * (1.0 - look.begin), 0.14, 0.60))
    for place, span, strength in places:
        for across in np.linspace(-0.85, 0.5, 13):
            shift = random.normal(0.0, 0.018) + 0.03 * across
            first, last = (int((place + shift + d) * _STEPS) for d in (-span / 2, span / 2))
            piece = lock.strand(across + random.normal(0.0, 0.04))[max(first, 0) : last]
            if len(piece) < 8:
                continue
            fade = (1.0 - 0.9 * abs(across + 0.2)) * (1.0 - 2.0 * look.gloom) * random.uniform(0.45, 1.1)
            width, colour = random.uniform(1.2, 3.0), _SHINE if random.random() < 0.45 else _LIGHT
            p.paint(stroke(piece, (0.1, width, width, 0.1)), colour, min(strength * fade, 1.0), 1.1, inside)


def _draw_wisps(p: Painting) -> None:
    """Hairs that left their lock: without them it looks like a helmet."""
    random = np.random.default_rng(11)
    for edge, away in ((_edge(_LEFT_OUTER), -1.0), (_edge(_RIGHT_OUTER), 1.0)):
        for _ in range(6):
            first = int(random.uniform(0.10, 0.42) * len(edge))
            piece = edge[first : first + int(random.uniform(0.16, 0.26) * len(edge))]
            lift = np.linspace(-0.6, 1.0, len(piece)) ** 2 * random.uniform(1.5, 5.0) - 1.5
            line = np.stack([piece[:, 0] + away * lift, piece[:, 1] - 0.3 * np.abs(lift)], axis=1)
            p.paint(stroke(line, (0.2, 0.9, 0.8, 0.2)), _BASE, random.uniform(0.35, 0.7), 0.25)
