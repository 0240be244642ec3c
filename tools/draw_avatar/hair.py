"""Hair: a side-parted bob, built of locks, each a bundle of strands between two edges."""

from collections.abc import Sequence

import numpy as np

from tools.draw_avatar.curves import Path, Point, spline, stroke
from tools.draw_avatar.painting import Fade, Painting

X = 256.0
_DARK, _BASE, _LIGHT, _SHINE = "#2C1716", "#55302A", "#8A4E3B", "#C98A63"

_LEFT_OUTER = (
    (26, 45),
    (-12, 41),
    (-62, 51),
    (-104, 92),
    (-128, 152),
    (-134, 212),
    (-141, 268),
    (-136, 322),
    (-138, 362),
    (-124, 396),
    (-96, 414),
    (-72, 410),
)
_LEFT_INNER = (
    (32, 92),
    (10, 116),
    (-26, 140),
    (-58, 166),
    (-78, 198),
    (-87, 232),
    (-95, 272),
    (-92, 312),
    (-98, 348),
    (-94, 378),
    (-84, 398),
    (-70, 408),
)
_RIGHT_OUTER = (
    (18, 43),
    (52, 48),
    (90, 68),
    (116, 106),
    (131, 158),
    (136, 214),
    (142, 270),
    (137, 324),
    (138, 364),
    (124, 397),
    (98, 415),
    (74, 411),
)
_RIGHT_INNER = (
    (30, 90),
    (46, 112),
    (64, 138),
    (78, 168),
    (86, 200),
    (91, 234),
    (97, 274),
    (94, 314),
    (99, 350),
    (95, 379),
    (86, 399),
    (72, 409),
)


def _edge(points: Sequence[Point]) -> Path:
    return spline([(X + x, y) for x, y in points], steps=20)


def hair_outline() -> Path:
    """The outline of what lies before the face, for its shadow."""
    inner = np.vstack([_edge(_LEFT_INNER)[::-1], _edge(_RIGHT_INNER)])
    return np.vstack([inner, [(X + 160, 400), (X + 160, 20), (X - 160, 20), (X - 160, 400)]])


def hair_mass() -> Path:
    """The outline of all the hair."""
    return spline(
        [
            (X, 50),
            (X + 76, 68),
            (X + 120, 150),
            (X + 132, 260),
            (X + 130, 350),
            (X + 108, 408),
            (X + 50, 418),
            (X, 405),
            (X - 50, 418),
            (X - 108, 408),
            (X - 130, 350),
            (X - 132, 260),
            (X - 120, 150),
            (X - 76, 68),
        ],
        closed=True,
    )


def draw_hair_behind(p: Painting) -> None:
    """The mass behind neck and head."""
    mass = hair_mass()
    p.paint(np.add(mass, (6.0, 8.0)), "#4F7480", 0.35, 14.0)
    p.paint(mass, Fade((0, 60), (0, 420), ("#472722", "#3A1F1C", _DARK)))
    inside = p.mask(mass)
    random = np.random.default_rng(5)
    for u in np.linspace(-0.95, 0.95, 40):
        x = X + 120 * u + random.normal(0, 2)
        line = spline([(x * 0.9 + X * 0.1, 300), (x, 360), (X + (x - X) * 0.9, 414)])
        p.paint(stroke(line, (1, 3, 1)), _BASE if random.random() < 0.6 else "#1E0F0F", 0.35, 0.6, inside)


def draw_hair_before(p: Painting) -> None:
    """The hair that frames the face: on each side locks that overlap, the one next to the face in front."""
    for outer, inner, seed in ((_RIGHT_OUTER, _RIGHT_INNER, 1), (_LEFT_OUTER, _LEFT_INNER, 5)):
        _draw_lock(p, _edge(outer), _edge(inner), seed, strands=40)
        for i, (first, last, swing) in enumerate(((0.0, 0.42, -11.0), (0.28, 0.72, 12.0), (0.58, 1.0, -8.0))):
            _draw_lock(p, *_part(_edge(outer), _edge(inner), first, last, swing), seed + i + 1, strands=26)
    _draw_loose_strands(p)


def _part(outer: Path, inner: Path, first: float, last: float, swing: float) -> tuple[Path, Path]:
    """The edges of a narrower lock between two shares of a wide one; it waves by `swing` and ends in a tip."""
    along = np.linspace(0.0, 1.0, len(outer))[:, None]
    wave = np.where(along > 0.35, np.sin((along - 0.35) * 11.0) * (along - 0.35) * swing, 0.0) * (1.0, 0.25)
    tip = np.clip((along - 0.75) / 0.25, 0.0, 1.0) ** 2 * 0.42 * (last - first)
    left = outer + (first + tip) * (inner - outer) + wave
    right = outer + (last - tip) * (inner - outer) + wave
    return left, right


def _draw_lock(p: Painting, outer: Path, inner: Path, seed: int, strands: int) -> None:
    random = np.random.default_rng(seed)
    outline = np.vstack([outer, inner[::-1]])
    p.paint(np.add(outline, (0.0, 2.0)), "#1E0F0F", 0.35, 3.0, p.mask(hair_mass()))
    p.paint(outline, Fade((0, 50), (0, 412), ("#7A4637", "#643629", _BASE, "#47261F")), 0.92, 0.5)
    inside = p.mask(outline, 0.4)
    count = len(outer)
    for share in np.linspace(0.03, 0.97, strands):
        strand = _strand(outer, inner, share + random.normal(0, 0.015), random)
        colour = (_DARK, _LIGHT, "#7B4737", "#3A1F1C")[random.integers(4)]
        width = random.uniform(0.8, 3.2)
        p.paint(stroke(strand, (0.3, width, width, width * 0.8, 0.3)), colour, random.uniform(0.15, 0.4), 0.4, inside)
    for low, high, length, colour, strength in ((0.12, 0.19, 0.2, _SHINE, 0.5), (0.58, 0.66, 0.2, "#A9664B", 0.4)):
        for share in np.linspace(0.08, 0.9, strands // 2):
            start = random.uniform(low, high)
            strand = _strand(outer, inner, share, random)[int(start * count) : int((start + length) * count)]
            width = random.uniform(1.2, 2.6)
            p.paint(stroke(strand, (0.2, width, width, 0.2)), colour, random.uniform(0.3, 1.0) * strength, 0.9, inside)
    p.paint(stroke(inner, (1.0, 3.0, 4.0, 4.0, 3.0)), _DARK, 0.40, 1.6, inside)
    p.paint(stroke(outer, (1.0, 2.0, 3.0, 3.0, 1.0)), "#D9A27E", 0.28, 1.0, inside)


def _draw_loose_strands(p: Painting) -> None:
    """Hairs that left their lock: without them it looks like a helmet."""
    random = np.random.default_rng(11)
    for outer, inner in ((_LEFT_OUTER, _LEFT_INNER), (_RIGHT_OUTER, _RIGHT_INNER)):
        for edge, stray in ((_edge(outer), 1.0), (_edge(inner), -1.0)):
            away = np.sign(edge[len(edge) // 2, 0] - X) * stray
            for _ in range(9):
                first = int(random.uniform(0.10, 0.72) * len(edge))
                piece = edge[first : first + int(random.uniform(0.18, 0.28) * len(edge))]
                lift = np.linspace(-0.6, 1.0, len(piece)) ** 2 * random.uniform(2.0, 6.5) - 1.5
                line = np.stack([piece[:, 0] + away * lift, piece[:, 1] - 0.3 * np.abs(lift)], axis=1)
                p.paint(stroke(line, (0.2, 1.0, 1.0, 0.2)), "#5E362C", random.uniform(0.35, 0.75), 0.25)


def _strand(outer: Path, inner: Path, share: float, random: np.random.Generator) -> Path:
    """A line between a lock's edges, wandering a little on its way."""
    along = np.linspace(0.0, 1.0, len(outer))[:, None]
    wander = share + 0.02 * np.sin(along * random.uniform(4.0, 9.0) + random.uniform(0.0, 6.0))
    path: Path = outer + wander * (inner - outer)
    return path
