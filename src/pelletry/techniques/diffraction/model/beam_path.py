"""Where rays of a Bragg-Brentano diffractometer go beside the plane of the goniometer and beside its focus, and how that moves a peak.

A ray that leaves the source with the axial angle beta and arrives at the slit with alpha is counted at 2 phi with

    cos(2 phi) = (cos(2 theta) - sin(alpha) sin(beta)) / (cos(alpha) cos(beta)).

With u = (alpha + beta) / 2 and v = (alpha - beta) / 2 this is cos(2 phi) = cos(2 theta) - e sin(2 theta) to the fourth order of the angles,
e = u^2 tan(theta) - v^2 cot(theta): rays that open on both sides draw peaks down at low angles and up at high ones (Cheary & Coelho
1998; with beta = 0 it is the one-sided case of Finger, Cox & Jephcoat 1994). A flat sample adds -2 gamma^2 cot(theta) for a ray
gamma away from the middle of an equatorial divergence (Wilson 1963). None of u, v and gamma depends on the Bragg angle, so one
table of rays with weights serves every peak.
"""

from __future__ import annotations

import math

import attrs
import numpy as np

from pelletry.core.arrays import Array

__all__ = ["NO_RAYS", "BeamPath", "rays_of"]

#: Nodes over u, v and gamma of the tables for low, middle and high angles, and last of the far tails.
_NODES = ((3, 24, 3), (4, 14, 2), (8, 8, 2), (20, 4, 1), (2, 3, 1))
_FINE = 48
_LEAST_SHARE = 2e-6
#: No table: peaks take the one-sided axial divergence.
NO_RAYS: Array = np.zeros((0, 4, 1))

_positive = attrs.validators.gt(0.0)


@attrs.frozen(kw_only=True)
class BeamPath:
    """Lengths along the axis of the goniometer, full openings of Soller slits and of the divergence slit.

    A Soller slit lets an axial angle pass with 1 - |angle| / (opening / 2); None: not there, or wide enough not to matter.
    ``slit_length_m`` None: as long as the lit sample, the convention S/L = H/L of the one-sided divergence.
    ``divergence_deg`` None: no flat-specimen error (a slit that keeps the lit length constant is not described).
    """

    radius_m: float = attrs.field(validator=_positive)
    source_length_m: float = attrs.field(validator=_positive)
    sample_length_m: float = attrs.field(validator=_positive)
    slit_length_m: float | None = attrs.field(default=None, validator=attrs.validators.optional(_positive))
    soller_incident_deg: float | None = attrs.field(default=None, validator=attrs.validators.optional(_positive))
    soller_diffracted_deg: float | None = attrs.field(default=None, validator=attrs.validators.optional(_positive))
    divergence_deg: float | None = attrs.field(default=None, validator=attrs.validators.optional(_positive))
    source: str = ""

    @property
    def _slit_m(self) -> float:
        return self.sample_length_m if self.slit_length_m is None else self.slit_length_m

    @property
    def _tops(self) -> tuple[float, float]:
        """Largest axial angles of the diffracted and the incident beam [rad]."""
        incident = 0.5 * (self.source_length_m + self.sample_length_m) / self.radius_m
        diffracted = 0.5 * (self._slit_m + self.sample_length_m) / self.radius_m
        return min(diffracted, _half(self.soller_diffracted_deg)), min(incident, _half(self.soller_incident_deg))

    def density(self, alpha: Array, beta: Array) -> Array:
        """Intensity of rays with axial angles alpha (sample to slit) and beta (source to sample), up to a factor.

        The length of the sample from which such a ray can both come from the source and reach the slit, times both Soller slits.
        """
        half = 0.5 * self.sample_length_m
        source = 0.5 * self.source_length_m
        slit = 0.5 * self._slit_m
        high = np.minimum(np.minimum(half, source + beta * self.radius_m), slit - alpha * self.radius_m)
        low = np.maximum(np.maximum(-half, -source + beta * self.radius_m), -slit - alpha * self.radius_m)
        passed = np.clip(1.0 - np.abs(alpha) / _half(self.soller_diffracted_deg), 0.0, 1.0)
        passed = passed * np.clip(1.0 - np.abs(beta) / _half(self.soller_incident_deg), 0.0, 1.0)
        found: Array = np.maximum(high - low, 0.0) * passed
        return found

    def _grid(self, across: int, along: int) -> tuple[Array, Array, Array]:
        """u, v and shares on Gauss-Legendre nodes; u and v >= 0, as only their squares count."""
        diffracted, incident = self._tops
        ends = 0.5 * (self.source_length_m + self._slit_m) / self.radius_m
        (x, wx), (y, wy) = (np.polynomial.legendre.leggauss(n) for n in (across, along))
        wide = 0.5 * min(diffracted + incident, ends)
        u = 0.5 * wide * (x + 1.0)
        reach = np.maximum(np.minimum(diffracted - u, incident + u), np.minimum(incident - u, diffracted + u))
        reach = np.minimum(reach, 0.5 * (ends + self.sample_length_m / self.radius_m))
        u, v = np.broadcast_to(u[:, None], (across, along)), 0.5 * reach[:, None] * (y + 1.0)
        share = wx[:, None] * wy * reach[:, None] * (self.density(u + v, u - v) + self.density(u - v, u + v))
        return u.ravel(), v.ravel(), (share / share.sum()).ravel()

    @property
    def mean_squares(self) -> tuple[float, float]:
        """Means of u^2 and v^2 [rad^2]: the axial divergence moves a centroid by <u^2> tan(theta) - <v^2> cot(theta)."""
        u, v, share = self._grid(_FINE, _FINE)
        return float(share @ u**2), float(share @ v**2)

    @property
    def axial_divergence(self) -> float:
        """S/L = H/L of a one-sided divergence with the same mean of u^2 + v^2; the table of rays is scaled by it."""
        return math.sqrt(3.0 * sum(self.mean_squares))


def _half(opening_deg: float | None) -> float:
    return math.inf if opening_deg is None else math.radians(0.5 * opening_deg)


def rays_of(path: BeamPath | None) -> Array:
    """Tables of rays, shape (tables, 4, most): u^2 and v^2 over the square of the axial divergence, 2 gamma^2 [rad^2], share.

    Low, middle and high angles have tables of their own, the last is for far tails; all have the same means. Unused places have no share.
    """
    if path is None:
        return NO_RAYS
    tables = [_table(path, *nodes) for nodes in _NODES]
    rays = np.zeros((len(tables), 4, max(table.shape[1] for table in tables)))
    for k, table in enumerate(tables):
        rays[k, :, : table.shape[1]] = table
    return rays


def _table(path: BeamPath, across: int, along: int, beside: int) -> Array:
    u, v, share = path._grid(across, along)
    kept = share > _LEAST_SHARE
    u2, v2, share = u[kept] ** 2, v[kept] ** 2, share[kept] / share[kept].sum()
    mean_u2, mean_v2 = path.mean_squares
    u2, v2 = u2 * (mean_u2 / (share @ u2)), v2 * (mean_v2 / (share @ v2))
    x, w = np.polynomial.legendre.leggauss(2 * beside)
    gamma = math.radians(0.5 * (path.divergence_deg or 0.0)) * x[beside:]
    scale2 = path.axial_divergence**2
    return np.stack(
        [
            np.repeat(u2 / scale2, beside),
            np.repeat(v2 / scale2, beside),
            np.tile(2.0 * gamma**2, share.size),
            np.outer(share, w[beside:]).ravel(),
        ]
    )
