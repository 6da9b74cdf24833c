"""Background: Chebyshev polynomials, a 1/2theta term of air scattering, broad Gaussian humps."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array
from pelletry.techniques.diffraction.model.options import Hump
from pelletry.techniques.diffraction.model.parameters import Parameters

__all__ = ["Background"]

_LN2X4 = 4.0 * np.log(2.0)


class Background:
    """Background on fixed points; its parameters are ``bg0``..., ``air``, ``hump0:height``, ``hump0:position``, ``hump0:width``."""

    def __init__(
        self,
        x: Array,
        *,
        low: float,
        high: float,
        terms: int,
        has_air: bool,
        humps: tuple[Hump, ...],
        parameters: Parameters,
    ) -> None:
        self.x, self._low, self._high, self._terms, self._has_air = x, low, high, terms, has_air
        self.columns: Array = self._columns(x)
        self.linear = [parameters.add(f"bg{k}", 0.0) for k in range(terms)]
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
        scaled = (2.0 * x - self._low - self._high) / max(self._high - self._low, 1e-9)
        columns: Array = np.polynomial.chebyshev.chebvander(np.clip(scaled, -1.0, 1.0), self._terms - 1).T.copy()
        return np.vstack([columns, self._low / np.maximum(x, 1e-3)]) if self._has_air else columns

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
