"""Background: Chebyshev polynomials or values at nodes with lines or a natural cubic spline between them, a 1/2theta term of air scattering, broad Gaussian humps."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array
from pelletry.core.errors import MissingFactError
from pelletry.techniques.diffraction.model.options import Hump
from pelletry.techniques.diffraction.model.parameters import Parameters

__all__ = ["Background"]

_LN2X4 = 4.0 * np.log(2.0)


def _nodes(given_deg: tuple[float, ...], low: float, high: float, count: int, kind: str) -> Array:
    """Nodes in rising order: those given, else in equal steps over the range."""
    if not given_deg:
        return np.linspace(low, high, max(count, 3))
    nodes = np.unique(np.array(given_deg, dtype=np.float64))
    used = nodes[(nodes >= low - 1.0) & (nodes <= high + 1.0)]
    if used.size < 3:
        raise MissingFactError(
            f"{used.size} of {len(given_deg)} background nodes lie in the range {low:.4g} to {high:.4g}\u00b0",
            expected="at least 3",
            do="place more nodes, or leave background_nodes_deg out",
        )
    return used


class Background:
    """Background on fixed points; its parameters are ``bg0``..., ``air``, ``hump0:height``, ``hump0:position``, ``hump0:width``."""

    def __init__(
        self,
        x: Array,
        *,
        low: float,
        high: float,
        terms: int,
        kind: Literal["chebyshev", "linear", "spline"] = "chebyshev",
        nodes_deg: tuple[float, ...] = (),
        has_air: bool,
        humps: tuple[Hump, ...],
        parameters: Parameters,
    ) -> None:
        self.x, self._low, self._high, self._terms, self._has_air = x, low, high, terms, has_air
        self._kind = kind
        if kind != "chebyshev":
            self._nodes = _nodes(nodes_deg, low, high, terms, kind)
            self._terms = self._nodes.size
        self.columns: Array = self._columns(x)
        self.linear = [parameters.add(f"bg{k}", 0.0) for k in range(self._terms)]
        if has_air:
            self.linear.append(parameters.add("air", 0.0, lower=0.0))
        self.humps: list[tuple[int, int, int]] = []
        for k, hump in enumerate(humps):
            self.humps.append(
                (
                    parameters.add(f"hump{k}:height", 0.0, lower=0.0),
                    parameters.add(
                        f"hump{k}:position",
                        hump.two_theta_deg,
                        lower=hump.two_theta_deg - hump.width_deg,
                        upper=hump.two_theta_deg + hump.width_deg,
                    ),
                    parameters.add(
                        f"hump{k}:width", hump.width_deg, lower=0.4 * hump.width_deg, upper=2.5 * hump.width_deg
                    ),
                )
            )

    def _columns(self, x: Array) -> Array:
        columns = self._polynomials(x) if self._kind == "chebyshev" else self._between_nodes(x)
        return np.vstack([columns, self._low / np.maximum(x, 1e-3)]) if self._has_air else columns

    def _between_nodes(self, x: Array) -> Array:
        """What a one at each node and zeros at the others give; beyond the outer nodes it stays as there."""
        inside, ones = np.clip(x, self._nodes[0], self._nodes[-1]), np.eye(self._terms)
        if self._kind == "linear":
            return np.array([np.interp(inside, self._nodes, one) for one in ones])
        from scipy.interpolate import CubicSpline

        between: Any = CubicSpline
        return np.ascontiguousarray(between(self._nodes, ones, bc_type="natural")(inside).T)

    def _polynomials(self, x: Array) -> Array:
        scaled = (2.0 * x - self._low - self._high) / max(self._high - self._low, 1e-9)
        return np.asarray(np.polynomial.chebyshev.chebvander(np.clip(scaled, -1.0, 1.0), self._terms - 1).T.copy())

    def move_to(self, x: Array) -> None:
        """Use other points of the same range from now on."""
        self.x, self.columns = x, self._columns(x)

    def on(self, x: Array, values: Array) -> Array:
        """The background at ``values`` on other points; beyond the fitted range it stays as at its ends."""
        kept, self.x = self.x, x
        curve: Array = values[self.linear] @ self._columns(x)
        for height, position, width in self.humps:
            curve = curve + values[height] * self._hump(values, position, width)
        self.x = kept
        return curve

    def add_to(self, values: Array, total: Array) -> Array:
        """The background at ``values``, shape (n,), also added to ``total`` in place."""
        curve: Array = values[self.linear] @ self.columns
        for height, position, width in self.humps:
            curve = curve + values[height] * self._hump(values, position, width)
        total += curve
        return curve

    def _hump(self, values: Array, position: int, width: int) -> Array:
        shape: Array = np.exp(-_LN2X4 * ((self.x - values[position]) / values[width]) ** 2)
        return shape

    def fill(self, values: Array, row: npt.NDArray[np.int64], factor: Array, jacobian: Array) -> None:
        """Derivatives of the free parameters into their rows."""
        for k, index in enumerate(self.linear):
            if row[index] >= 0:
                jacobian[row[index]] += factor[index] * self.columns[k]
        for height, position, width in self.humps:
            if max(row[height], row[position], row[width]) < 0:
                continue
            shape = self._hump(values, position, width)
            z = (self.x - values[position]) / values[width]
            slope = values[height] * shape * 2.0 * _LN2X4 * z / values[width]
            for index, column in ((height, shape), (position, slope), (width, slope * z)):
                if row[index] >= 0:
                    jacobian[row[index]] += factor[index] * column
