"""The measured pattern as the engine sees it."""

from __future__ import annotations

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array, array_field
from pelletry.core.errors import MeasurementError

__all__ = ["Pattern"]


@attrs.frozen(kw_only=True)
class Pattern:
    """One scan: ascending 2theta, intensity (counts or rate) and its standard deviation, shape (n,) each.

    ``std`` comes from counts and counting times (never the root of a rate), > 0 wherever ``use`` is True.
    ``use`` False: the point is shown and not fitted (excluded region, saturated, invalid).

    Raises
    ------
    MeasurementError
        If lengths differ, angles do not ascend, or a used point has no finite intensity and positive std.
    """

    two_theta_deg: Array = array_field(unit="deg")
    intensity: Array = array_field()
    std: Array = array_field()
    use: npt.NDArray[np.bool_] = array_field(dtype=np.bool_)
    name: str = ""

    def __attrs_post_init__(self) -> None:
        n = self.two_theta_deg.size
        if not (self.intensity.size == self.std.size == self.use.size == n):
            raise MeasurementError("angles, intensities and their errors have different lengths", where=self.name)
        if n and (not np.all(np.isfinite(self.two_theta_deg)) or np.any(np.diff(self.two_theta_deg) <= 0)):
            raise MeasurementError(
                "the angles do not ascend", where=self.name, do="split scans of several ranges and sort them first"
            )
        used = self.use
        if not (np.all(np.isfinite(self.intensity[used])) and np.all(np.isfinite(self.std[used]))):
            raise MeasurementError("a used point is not a number", where=self.name, do="exclude it")
        if np.any(self.std[used] <= 0):
            raise MeasurementError("a used point has no positive standard deviation", where=self.name, do="exclude it")

    @classmethod
    def from_counts(cls, two_theta_deg: Array, counts: Array, *, name: str = "") -> Pattern:
        """A pattern of plain counts: std = sqrt(counts), 1 where there are none; negative counts are not used."""
        counts = np.asarray(counts, dtype=float)
        return cls(
            two_theta_deg=two_theta_deg,
            intensity=counts,
            std=np.sqrt(np.maximum(counts, 1.0)),
            use=np.isfinite(counts) & (counts >= 0),
            name=name,
        )
