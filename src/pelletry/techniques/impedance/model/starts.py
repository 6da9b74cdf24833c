"""Starting points without a guess: a grid of time constants, the amplitudes by linear least squares.

In a series circuit every piece has one amplitude that enters linearly (R of an arc, 1/Q of a leg, L) and a shape that
does not (time constant, exponent). The shapes are laid on a grid once per frequency list, for every combination of
shapes the non-negative amplitudes that fit a spectrum best are computed, and the best combinations that differ in shape
become starting points. Pieces with inner structure, such as ``(Q(RW))``, take their shapes from a fixed scatter of
points instead of a grid. Nothing here is random: the same spectrum has the same starting points.
"""

from __future__ import annotations

import functools
import itertools

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array, ComplexArray
from pelletry.fitting.linear import nonnegative_amplitudes
from pelletry.techniques.impedance.model.circuit import Circuit, Node, parse_circuit
from pelletry.techniques.impedance.model.elements import SERIES_L

__all__ = ["StartGrid", "start_grid", "starting_points"]

#: How far the grid of time constants reaches beyond the window, as a factor.
_BEYOND_WINDOW = 10.0
#: Also in a narrow window there must be room for several arcs in order.
_FEWEST_TAUS = 10
_MOST_COMBINATIONS = 3000
_MOST_ENUMERATED = 40_000
#: Size of the largest array of normal matrices, so that it stays in the cache.
_NUMBERS_AT_ONCE = 250_000
#: Grids from fine to coarse: time constants per decade, exponents of arcs, exponents of legs. The first one that makes
#: few enough combinations is taken.
_LADDER: tuple[tuple[float, tuple[float, ...], tuple[float, ...]], ...] = (
    (2.0, (0.95, 0.75), tuple(np.linspace(1.0, 0.4, 13).tolist())),
    (1.5, (0.95, 0.75), (0.95, 0.85, 0.75, 0.65, 0.55, 0.45)),
    (1.5, (0.95, 0.8), (0.95, 0.8, 0.65, 0.5)),
    (1.5, (0.88,), (0.9, 0.75, 0.6)),
    (1.0, (0.88,), (0.85, 0.65)),
)
#: With three arcs or more their places matter more than their exponents: this one is tried first.
_FOR_MANY_ARCS = (2.0, (0.88,), (0.9, 0.75, 0.6))
_SCATTERED_SHAPES = 160
#: Pieces whose best amplitude is zero start with this relative share of the spectrum instead.
_SMALLEST_SHARE = 0.02


@attrs.frozen(kw_only=True)
class StartGrid:
    """Shapes and their combinations for one circuit on one list of frequencies.

    ``columns`` holds per part the impedances (s, m) of its shapes at unit amplitude, ``part_theta`` their coordinates.
    ``combinations`` (c, k) index the shapes of each part, sorted by the family they belong to: combinations with the same
    time constants are one family, the first of family i stands at ``family_start[i]``. ``is_near`` (g, g) marks
    neighbouring families, which would run to the same minimum.
    """

    columns: tuple[ComplexArray, ...]
    part_theta: tuple[Array, ...]
    combinations: npt.NDArray[np.intp]
    family_start: npt.NDArray[np.intp]
    is_near: npt.NDArray[np.bool_]


def _tau_grid(frequency_Hz: Array, per_decade: float) -> Array:
    ln_fast = -np.log(2.0 * np.pi * frequency_Hz.max() * _BEYOND_WINDOW)
    ln_slow = -np.log(2.0 * np.pi * frequency_Hz.min() / _BEYOND_WINDOW)
    return np.linspace(ln_fast, ln_slow, max(_FEWEST_TAUS, round((ln_slow - ln_fast) / np.log(10.0) * per_decade) + 1))


def _halton(count: int, dimensions: int) -> Array:
    """Points (count, dimensions) spread evenly over the unit cube, always the same."""
    primes = [p for p in range(2, 200) if all(p % q for q in range(2, p))][:dimensions]
    points = np.zeros((count, dimensions))
    for column, base in enumerate(primes):
        index, digit = np.arange(1, count + 1), 1.0 / base
        while index.any():
            points[:, column] += digit * (index % base)
            index, digit = index // base, digit / base
    return points


def _scattered_shapes(part: Node, frequency_Hz: Array) -> Array:
    """Shapes (s, q) of a piece with inner structure: levels of |Z| over three decades, corner frequencies in the window."""
    low, high = np.log(2.0 * np.pi * frequency_Hz.min()), np.log(2.0 * np.pi * frequency_Hz.max())
    leaves = list(part.leaves())
    points = _halton(_SCATTERED_SHAPES, 3 * len(leaves))
    shapes: list[Array] = []
    for leaf, (level, corner, exponent) in zip(leaves, np.split(points.T, len(leaves)), strict=True):
        symbol = leaf.element.symbol if leaf.element else ""
        ln_level = np.log(1000.0) * (level - 0.5)
        ln_corner = low + (high - low) * corner
        n = 0.6 + 0.4 * exponent
        logs = {
            "R": (ln_level,),
            "L": (ln_level - ln_corner,),
            "C": (-ln_level - ln_corner,),
            "W": (ln_level + 0.5 * ln_corner,),
            "Q": (-ln_level - n * (ln_corner - np.log(100.0)), n),
            "RQ": (ln_level, -ln_corner, n),
        }.get(symbol, (ln_level, -ln_corner))
        shapes.extend(logs)
    return np.stack(shapes, axis=1)


def _shapes(
    part: Node, frequency_Hz: Array, per_decade: float, exponents: tuple[float, ...], leg_exponents: tuple[float, ...]
) -> Array:
    """Coordinates (s, q) of the shapes of one part, at unit amplitude."""
    if part.element is None:
        return _scattered_shapes(part, frequency_Hz)
    symbol = part.element.symbol
    taus = _tau_grid(frequency_Hz, per_decade)
    if symbol == "RQ":
        return np.array([(0.0, tau, n) for tau in taus for n in exponents])
    if symbol in ("RC", "Ws", "Wo"):
        return np.array([(0.0, tau) for tau in taus])
    if symbol == "Q":
        return np.array([(0.0, n) for n in leg_exponents])
    return np.full((1, 1), np.arcsinh(1.0)) if symbol == SERIES_L else np.zeros((1, 1))


def _combinations(parts: tuple[Node, ...], shapes: list[Array]) -> npt.NDArray[np.intp] | None:
    """All combinations of shapes with equal arcs in the order of their time constants; None when there are too many."""
    sizes = [len(shape) for shape in shapes]
    if np.prod([float(size) for size in sizes]) > _MOST_ENUMERATED:
        return None
    found = np.array(list(itertools.product(*(range(size) for size in sizes))), dtype=np.intp)
    return found[_is_ordered(parts, shapes, found)]


def _is_ordered(parts: tuple[Node, ...], shapes: list[Array], found: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
    is_ordered = np.ones(len(found), dtype=bool)
    last: dict[str, int] = {}
    for i, part in enumerate(parts):
        symbol = part.element.symbol if part.element else ""
        if symbol in ("RQ", "RC"):
            if symbol in last:
                j = last[symbol]
                is_ordered &= shapes[i][found[:, i], 1] > shapes[j][found[:, j], 1]
            last[symbol] = i
    return is_ordered


def _sampled(parts: tuple[Node, ...], shapes: list[Array]) -> npt.NDArray[np.intp]:
    """A fixed, even choice of combinations where all of them are too many; equal arcs are put in order."""
    sizes = np.array([len(shape) for shape in shapes])
    found: npt.NDArray[np.intp] = (_halton(_MOST_COMBINATIONS, len(sizes)) * sizes).astype(np.intp)
    for symbol in ("RQ", "RC"):
        # Shapes of equal parts are listed alike, time constant first, so sorting their numbers sorts them.
        equal = [i for i, part in enumerate(parts) if part.element is not None and part.element.symbol == symbol]
        found[:, equal] = np.sort(found[:, equal], axis=1)
    return found


@functools.lru_cache(maxsize=64)
def _grid(circuit_text: str, frequency_bytes: bytes) -> StartGrid:
    circuit, frequency_Hz = parse_circuit(circuit_text), np.frombuffer(frequency_bytes)
    parts = circuit.parts
    combinations: npt.NDArray[np.intp] | None = None
    shapes: list[Array] = []
    arcs = sum(part.element is not None and part.element.symbol in ("RQ", "RC") for part in parts)
    for step in (_FOR_MANY_ARCS, *_LADDER) if arcs > 2 else _LADDER:
        shapes = [_shapes(part, frequency_Hz, *step) for part in parts]
        combinations = _combinations(parts, shapes)
        if combinations is not None and 0 < len(combinations) <= _MOST_COMBINATIONS:
            break
    if combinations is None or not len(combinations):
        combinations = _sampled(parts, shapes)
    combinations = combinations[:: -(-len(combinations) // _MOST_COMBINATIONS)]
    family = _families(parts, shapes, combinations)
    order = np.lexsort(family.T[::-1])
    combinations, family = combinations[order], family[order]
    is_first = np.concatenate([[True], (np.diff(family, axis=0) != 0.0).any(axis=1)])
    ln_omega = np.log(2.0 * np.pi * frequency_Hz)
    columns = []
    for part, shape in zip(parts, shapes, strict=True):
        theta = np.zeros((len(shape), len(circuit.parameters)))
        theta[:, part.first : part.first + part.count] = shape
        columns.append(part.evaluate(ln_omega, theta, None))
    return StartGrid(
        columns=tuple(columns),
        part_theta=tuple(shapes),
        combinations=combinations,
        family_start=np.flatnonzero(is_first),
        is_near=_is_near(family[is_first]),
    )


def _families(parts: tuple[Node, ...], shapes: list[Array], combinations: npt.NDArray[np.intp]) -> Array:
    """What tells families of combinations apart, (c, t): time constants of arcs, the number of a scattered shape.

    In circuits without any, the exponents.
    """
    columns = []
    for column, (part, shape) in enumerate(zip(parts, shapes, strict=True)):
        if part.element is None:
            columns.append(10.0 * combinations[:, column].astype(float))
        elif part.element.symbol in ("RQ", "RC", "Ws", "Wo"):
            columns.append(shape[combinations[:, column], 1])
    if not columns:
        columns = [shape[combinations[:, i], -1] for i, shape in enumerate(shapes)]
    return np.stack(columns, axis=1)


def _is_near(family: Array) -> npt.NDArray[np.bool_]:
    """Families (g, t) whose every coordinate is within one step of the other's."""
    is_near = np.ones((len(family), len(family)), dtype=bool)
    for values in family.T:
        distinct = np.unique(values)
        reach = 1.05 * float(np.diff(distinct).max()) if len(distinct) > 1 else np.inf
        is_near &= np.abs(values[:, None] - values[None, :]) <= reach
    return is_near


def start_grid(circuit: Circuit, frequency_Hz: Array) -> StartGrid:
    """The grid of one circuit on one list of frequencies; kept for the next spectrum with the same list."""
    return _grid(circuit.text, np.ascontiguousarray(frequency_Hz, dtype=float).tobytes())


def starting_points(circuit: Circuit, frequency_Hz: Array, weighted_data: Array, weight: Array, *, count: int) -> Array:
    """The ``count`` best distinct starting points of each spectrum, best first: theta of shape (n, count, p).

    ``weighted_data`` and ``weight`` are (n, 2m): real and imaginary parts in turn.
    """
    grid = start_grid(circuit, frequency_Hz)
    at_once = max(1, _NUMBERS_AT_ONCE // (grid.combinations.size * grid.combinations.shape[1]))
    return np.concatenate(
        [
            _starting_points(circuit, grid, weighted_data[i : i + at_once], weight[i : i + at_once], count)
            for i in range(0, len(weight), at_once)
        ]
    )


def _starting_points(circuit: Circuit, grid: StartGrid, weighted_data: Array, weight: Array, count: int) -> Array:
    combinations = grid.combinations
    columns, norms = [], []
    for impedances in grid.columns:
        weighted = weight[:, None, :] * impedances.view(float)[None]
        norms.append(np.sqrt(np.einsum("ndk,ndk->nd", weighted, weighted)))
        columns.append(weighted / norms[-1][:, :, None])
    size, total = len(columns), len(combinations)
    gram = np.ones((size, size, len(weight), total))
    projection = np.empty((size, len(weight), total))
    for i in range(size):
        along = (columns[i] @ weighted_data[:, :, None])[:, :, 0]
        projection[i] = np.take(along, combinations[:, i], axis=1)
        for j in range(i):
            # Blocks by pair of parts stay small; one product of all columns would be mostly pairs that never meet.
            block = (columns[i] @ columns[j].transpose(0, 2, 1)).reshape(len(weight), -1)
            pairs = combinations[:, i] * columns[j].shape[1] + combinations[:, j]
            gram[i, j] = gram[j, i] = np.take(block, pairs, axis=1)
    amplitude, decrease = nonnegative_amplitudes(gram.reshape(size, size, -1), projection.reshape(size, -1))
    amplitude = amplitude.reshape(size, len(weight), total)
    chosen = _best_distinct(-decrease.reshape(len(weight), -1), grid, count)
    spectrum = np.arange(len(weight))[:, None]
    smallest = _SMALLEST_SHARE * np.sqrt(weight.shape[1])
    theta = np.zeros((len(weight), chosen.shape[1], len(circuit.parameters)))
    for column, part in enumerate(circuit.parts):
        here = slice(part.first, part.first + part.count)
        shape = grid.part_theta[column][combinations[chosen, column]]
        share = np.maximum(amplitude[column][spectrum, chosen], smallest)
        ln_amplitude = np.log(share / norms[column][spectrum, combinations[chosen, column]])
        theta[:, :, here] = shape + ln_amplitude[:, :, None] * circuit.scaling[here]
        if part.element is not None and part.element.symbol == SERIES_L:
            theta[:, :, part.first] = np.arcsinh(np.exp(ln_amplitude))
    return theta


def _best_distinct(score: Array, grid: StartGrid, count: int) -> npt.NDArray[np.intp]:
    """Indices (n, count) of the lowest scores (n, c): one per family, leaving out the neighbours of those taken.

    When all families are taken or left out, the remaining places are filled with the best left over.
    """
    spectrum = np.arange(len(score))
    remaining = np.minimum.reduceat(score, grid.family_start, axis=1)
    left_over = remaining.copy()
    ends = np.append(grid.family_start[1:], score.shape[1])
    chosen = np.empty((len(score), min(count, remaining.shape[1])), dtype=np.intp)
    for k in range(chosen.shape[1]):
        is_spent = ~np.isfinite(remaining.min(axis=1))
        family = np.where(is_spent, np.argmin(left_over, axis=1), np.argmin(remaining, axis=1))
        left_over[spectrum, family] = np.inf
        remaining[grid.is_near[family]] = np.inf
        chosen[:, k] = _best_of_family(score, grid.family_start[family], ends[family])
    return chosen


def _best_of_family(score: Array, first: npt.NDArray[np.intp], end: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Index (n,) of the lowest score between first and end of each row."""
    reach = np.minimum(first[:, None] + np.arange(int((end - first).max())), (end - 1)[:, None])
    within = np.argmin(np.take_along_axis(score, reach, axis=1), axis=1)
    result: npt.NDArray[np.intp] = reach[np.arange(len(score)), within]
    return result
