"""Equivalent circuits: a text becomes named parameters, a closed-form impedance and its analytic derivatives.

A parallel pair of one R with one Q or C is an *arc* and is computed as one element with a time constant (``elements``).
Series impedances add; for parallel ones Z = 1/sum(1/Z_i), dZ = sum (Z/Z_i)^2 dZ_i.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array, ComplexArray
from pelletry.core.errors import CircuitError
from pelletry.techniques.impedance.model.circuit_text import Leaf, Parallel, Series, Tree, parse_tree, tree_text
from pelletry.techniques.impedance.model.elements import (
    ELEMENTS,
    LN_REFERENCE,
    LOWEST_N,
    SERIES_INDUCTANCE_UNIT_H,
    SERIES_L,
    Element,
)

__all__ = ["NAMED_CIRCUITS", "Arc", "Circuit", "CircuitParameter", "Node", "parse_circuit"]

#: Circuits with a name of their own; ``parse_circuit`` accepts the name too.
NAMED_CIRCUITS: dict[str, str] = {
    "blocking pellet": "R(RQ)Q",
    "blocking pellet, two arcs": "(RQ)(RQ)Q",
    "blocking pellet, two arcs and ohmic": "R(RQ)(RQ)Q",
    "blocking pellet, one arc": "(RQ)Q",
    "blocking pellet, ohmic": "RQ",
    "symmetric cell": "R(RQ)(RQ)(RQ)W",
    "raj-2023": "R(RQ)Q",
    "el-shinawi-2018": "R(RQ)(RQ)(RQ)W",
}


@attrs.frozen(kw_only=True)
class CircuitParameter:
    """One number of a circuit. ``kind`` is R, L, C, Q, n, W, Ws, Wo or tau; ``element`` counts leaves in reading order."""

    name: str
    unit: str
    kind: str
    element: int


@attrs.frozen(kw_only=True)
class Arc:
    """Where the parameters of one parallel R-Q (or R-C) pair stand; ``n`` is None for an R-C pair."""

    resistance: int
    pseudo_capacitance: int
    n: int | None

    @property
    def indices(self) -> tuple[int, ...]:
        pair = (self.resistance, self.pseudo_capacitance)
        return pair if self.n is None else (*pair, self.n)


@attrs.frozen(kw_only=True)
class Node:
    """A piece of circuit whose parameters are ``first .. first + count`` of the whole."""

    first: int
    count: int
    element: Element | None = None
    is_series: bool = False
    children: tuple[Node, ...] = ()

    def evaluate(self, ln_omega: Array, theta: Array, jacobian: ComplexArray | None) -> ComplexArray:
        """Impedance (b, m); dZ/dtheta is written into the rows of ``jacobian`` (b, p, m) that belong to this node."""
        here = slice(self.first, self.first + self.count)
        if self.element is not None:
            rows = None if jacobian is None else jacobian[:, here]
            return self.element.impedance_and_rows(ln_omega, theta[:, here], rows)
        pieces = [child.evaluate(ln_omega, theta, jacobian) for child in self.children]
        if self.is_series:
            return functools.reduce(np.add, pieces)
        # L beside C may resonate: infinite there, which the fit treats as a point it cannot go to.
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            impedance: ComplexArray = 1.0 / functools.reduce(np.add, [1.0 / piece for piece in pieces])
        if jacobian is not None:
            with np.errstate(invalid="ignore", over="ignore"):
                for child, piece in zip(self.children, pieces, strict=True):
                    jacobian[:, child.first : child.first + child.count] *= ((impedance / piece) ** 2)[:, None]
        return impedance

    def leaves(self) -> Iterator[Node]:
        """The nodes that are elements or arcs, in the order of their parameters."""
        if self.element is not None:
            yield self
        for child in self.children:
            yield from child.leaves()

    def direct_current_resistance(self, theta: Array) -> tuple[Array, Array]:
        """Resistance at zero frequency (b,), inf when blocked, and its derivatives by theta (b, p)."""
        gradient = np.zeros(theta.shape)
        if self.element is not None:
            if self.element.symbol not in ("R", "RQ", "RC", "Ws"):
                return np.full(len(theta), 0.0 if self.element.symbol in ("L", SERIES_L) else np.inf), gradient
            gradient[:, self.first] = np.exp(theta[:, self.first])
            return gradient[:, self.first], gradient
        found = [child.direct_current_resistance(theta) for child in self.children]
        if self.is_series:
            return np.sum([value for value, _ in found], axis=0), np.sum([slope for _, slope in found], axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            total = 1.0 / np.sum([1.0 / value for value, _ in found], axis=0)
            for value, slope in found:
                gradient += np.nan_to_num((total / value) ** 2)[:, None] * slope
        return total, gradient


@attrs.frozen(kw_only=True)
class Circuit:
    """A circuit ready to compute.

    ``text`` is canonical (Boukamp, no numbers). ``parts`` are the pieces in series on the highest level.
    """

    text: str
    parameters: tuple[CircuitParameter, ...]
    root: Node = attrs.field(repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(parameter.name for parameter in self.parameters)

    @property
    def parts(self) -> tuple[Node, ...]:
        """The pieces in series on the highest level, in reading order."""
        return self.root.children if self.root.is_series else (self.root,)

    @functools.cached_property
    def arcs(self) -> tuple[Arc, ...]:
        """Indices of (R, Q, n) of each R-Q or R-C pair in series, in reading order."""
        return tuple(
            Arc(resistance=part.first, pseudo_capacitance=part.first + 1, n=part.first + 2 if part.count == 3 else None)
            for part in self.parts
            if part.element is not None and part.element.symbol in ("RQ", "RC")
        )

    @functools.cached_property
    def electrode(self) -> tuple[int, ...] | None:
        """Indices of the parameters of the last series Q, C, W or Wo on the highest level (the blocking leg), or None."""
        legs = [p for p in self.parts if p.element is not None and p.element.symbol in ("Q", "C", "W", "Wo")]
        return tuple(range(legs[-1].first, legs[-1].first + legs[-1].count)) if legs else None

    @functools.cached_property
    def scaling(self) -> Array:
        """How theta moves when all impedances are multiplied by a factor: theta + scaling * ln(factor). Shape (p,)."""
        return np.array([s for leaf in self.root.leaves() for s in _element(leaf).scaling])

    @functools.cached_property
    def amplitude_sign(self) -> Array:
        """+1 where exp(theta) is the factor in front of a piece in series on the highest level, -1 where exp(-theta) is."""
        sign = np.zeros(len(self.parameters))
        for part in self.parts:
            if part.element is not None:
                sign[part.first] = part.element.scaling[0]
        return sign

    @functools.cached_property
    def n_indices(self) -> tuple[int, ...]:
        """Indices of the exponents n, whose internal coordinate is n itself."""
        return tuple(i for i, parameter in enumerate(self.parameters) if parameter.kind == "n")

    @functools.cached_property
    def signed_indices(self) -> tuple[int, ...]:
        """Indices of inductances in series with a plain R, which may be negative."""
        return tuple(leaf.first for leaf in self.root.leaves() if _element(leaf).symbol == SERIES_L)

    @functools.cached_property
    def log_indices(self) -> tuple[int, ...]:
        """Indices of the parameters that are positive: all but exponents and series inductances."""
        others = {*self.n_indices, *self.signed_indices}
        return tuple(i for i in range(len(self.parameters)) if i not in others)

    def total_resistance(self, theta: Array) -> tuple[Array, Array]:
        """Sum of the direct-current resistances in series (b,) and its derivatives (b, p); blocking pieces are left out.

        Zero where no piece of the circuit conducts direct current.
        """
        found = [part.direct_current_resistance(theta) for part in self.parts]
        conducting = [(value, slope) for value, slope in found if np.isfinite(value).all()]
        if not conducting:
            return np.zeros(len(theta)), np.zeros(theta.shape)
        return np.sum([value for value, _ in conducting], axis=0), np.sum([slope for _, slope in conducting], axis=0)

    def theta_from_values(self, values: npt.ArrayLike) -> Array:
        """Internal coordinates (..., p) of natural parameters (..., p); all but n and a series L must be positive."""
        theta = np.array(values, dtype=float)
        theta[..., list(self.log_indices)] = np.log(theta[..., list(self.log_indices)])
        theta[..., list(self.signed_indices)] = np.arcsinh(
            theta[..., list(self.signed_indices)] / SERIES_INDUCTANCE_UNIT_H
        )
        for leaf in self.root.leaves():
            symbol, i = _element(leaf).symbol, leaf.first
            if symbol == "RQ":
                theta[..., i + 1] = (theta[..., i] + theta[..., i + 1]) / theta[..., i + 2]
            elif symbol == "RC":
                theta[..., i + 1] += theta[..., i]
            elif symbol == "Q":
                theta[..., i] += theta[..., i + 1] * LN_REFERENCE
        return theta

    def values_from_theta(self, theta: npt.ArrayLike) -> Array:
        """Natural parameters (..., p) of internal coordinates (..., p)."""
        values = np.array(theta, dtype=float)
        for leaf in self.root.leaves():
            symbol, i = _element(leaf).symbol, leaf.first
            if symbol == "RQ":
                values[..., i + 1] = values[..., i + 2] * values[..., i + 1] - values[..., i]
            elif symbol == "RC":
                values[..., i + 1] -= values[..., i]
            elif symbol == "Q":
                values[..., i] -= values[..., i + 1] * LN_REFERENCE
        signed = np.clip(values[..., list(self.signed_indices)], -700.0, 700.0)
        values[..., list(self.signed_indices)] = SERIES_INDUCTANCE_UNIT_H * np.sinh(signed)
        values[..., list(self.log_indices)] = np.exp(np.clip(values[..., list(self.log_indices)], -700.0, 700.0))
        return values

    def log_jacobian(self, theta: npt.ArrayLike) -> Array:
        """d(natural, as logarithm; n and a series L as they are)/d(theta), shape (..., p, p): rows natural, columns internal."""
        inside = np.asarray(theta, dtype=float)
        matrix = np.zeros((*inside.shape, inside.shape[-1]))
        matrix[..., :, :] = np.eye(inside.shape[-1])
        for leaf in self.root.leaves():
            symbol, i = _element(leaf).symbol, leaf.first
            if symbol == "RQ":
                matrix[..., i + 1, i] = -1.0
                matrix[..., i + 1, i + 1] = inside[..., i + 2]
                matrix[..., i + 1, i + 2] = inside[..., i + 1]
            elif symbol == "RC":
                matrix[..., i + 1, i] = -1.0
            elif symbol == "Q":
                matrix[..., i, i + 1] = -LN_REFERENCE
            elif symbol == SERIES_L:
                matrix[..., i, i] = SERIES_INDUCTANCE_UNIT_H * np.cosh(np.clip(inside[..., i], -700.0, 700.0))
        return matrix

    def impedance(self, frequency_Hz: npt.ArrayLike, values: npt.ArrayLike) -> ComplexArray:
        """Impedance (..., m) of natural parameters (..., p) at the frequencies (m,). [ohm]"""
        natural = np.asarray(values, dtype=float)
        if natural.shape[-1:] != (len(self.parameters),):
            raise CircuitError(
                f"{natural.shape[-1] if natural.ndim else 1} values for the {len(self.parameters)} parameters of {self.text}",
                expected=", ".join(self.names),
            )
        frequencies = np.asarray(frequency_Hz, dtype=float)
        theta = self.theta_from_values(natural.reshape(-1, len(self.parameters)))
        result = self.root.evaluate(np.log(2.0 * np.pi * frequencies), theta, None)
        return result.reshape(*natural.shape[:-1], len(frequencies))

    def impedance_and_jacobian(self, frequency_Hz: npt.ArrayLike, theta: Array) -> tuple[ComplexArray, ComplexArray]:
        """Impedance (b, m) and dZ/dtheta (b, m, p) at internal coordinates theta (b, p)."""
        ln_omega = np.log(2.0 * np.pi * np.asarray(frequency_Hz, dtype=float))
        jacobian = np.empty((len(theta), len(self.parameters), len(ln_omega)), dtype=complex)
        impedance = self.root.evaluate(ln_omega, np.asarray(theta, dtype=float), jacobian)
        return impedance, np.moveaxis(jacobian, 1, 2)

    def bounds(self) -> tuple[Array, Array]:
        """Lower and upper limits (p,) of theta that physics alone gives: n in [0.3, 1], everything else free."""
        lower, upper = np.full(len(self.parameters), -np.inf), np.full(len(self.parameters), np.inf)
        lower[list(self.n_indices)], upper[list(self.n_indices)] = LOWEST_N, 1.0
        return lower, upper


def _element(leaf: Node) -> Element:
    if leaf.element is None:
        raise TypeError("this node has no element of its own")
    return leaf.element


def _is_arc(tree: Tree) -> bool:
    return isinstance(tree, Parallel) and tree.children in ((Leaf("R"), Leaf("Q")), (Leaf("R"), Leaf("C")))


def _has_plain_r(tree: Tree) -> bool:
    """Whether a plain R stands in series on the highest level of this tree."""
    return isinstance(tree, Series) and Leaf("R") in tree.children


def _node(tree: Tree, first: int, *, is_whole: bool = True, is_beside_r: bool = False) -> Node:
    if isinstance(tree, Leaf):
        element = ELEMENTS[SERIES_L if is_beside_r and tree.symbol == "L" else tree.symbol]
    elif _is_arc(tree):
        element = ELEMENTS["R" + tree_text(tree)[2]]
    else:
        children = []
        position = first
        for child in tree.children:
            beside = is_whole and _has_plain_r(tree)
            children.append(_node(child, position, is_whole=False, is_beside_r=beside))
            position += children[-1].count
        return Node(first=first, count=position - first, is_series=isinstance(tree, Series), children=tuple(children))
    return Node(first=first, count=len(element.kinds), element=element)


def _parameters(root: Node) -> tuple[CircuitParameter, ...]:
    """Names in order of appearance: R1, Q1, n1 (of Q1), Ws1, Ws1_tau."""
    counts: dict[str, int] = {}
    named: list[CircuitParameter] = []
    leaf_number = -1
    for node in root.leaves():
        element = _element(node)
        holder = ""
        for kind, unit in zip(element.kinds, element.units, strict=True):
            if kind in ("n", "tau"):
                name = f"n{holder[1:]}" if kind == "n" else f"{holder}_tau"
            else:
                leaf_number += 1
                counts[kind] = counts.get(kind, 0) + 1
                name = holder = f"{kind}{counts[kind]}"
            named.append(CircuitParameter(name=name, unit=unit, kind=kind, element=leaf_number))
    return tuple(named)


@functools.lru_cache(maxsize=256)
def parse_circuit(text: str) -> Circuit:
    """The circuit of a text such as ``R(RQ)Q``, ``R1+(R2||Q1)+Q2`` or a name of :data:`NAMED_CIRCUITS`.

    Raises
    ------
    CircuitError
        When the text is not a circuit; names the position.
    """
    tree = parse_tree(NAMED_CIRCUITS.get(text, text))
    root = _node(tree, 0)
    return Circuit(text=tree_text(tree), parameters=_parameters(root), root=root)
