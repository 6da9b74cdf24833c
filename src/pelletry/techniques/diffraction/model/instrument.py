"""What the diffractometer does to a peak: widths, asymmetry, zero."""

from __future__ import annotations

import attrs

from pelletry.techniques.diffraction.model.beam_path import BeamPath
from pelletry.techniques.diffraction.model.radiation import Radiation

__all__ = ["Instrument"]


@attrs.frozen(kw_only=True)
class Instrument:
    """The instrument's part of the profile, all widths as FWHM in degrees 2theta.

    HG^2 = U tan^2 theta + V tan theta + W (deg^2), HL = X/cos theta + Y tan theta (deg), combined to a pseudo-Voigt as in
    Thompson, Cox & Hastings (1987). ``axial_divergence`` is S/L = H/L of Finger, Cox & Jephcoat (1994), tied to one number.
    ``beam_path``: lengths and openings of the diffractometer, where they are stated; the axial divergence is then two-sided with the
    shape that they give, ``axial_divergence`` (0: as they give it) its size, and the sample is taken as flat.
    ``is_frozen``: a standard gave it, so samples may only broaden it. ``radius_m`` None: not known; the displacement is then
    refined as the equivalent displacement at 0.2 m.
    """

    radiation: Radiation
    radius_m: float | None = None
    U: float = 0.0
    V: float = 0.0
    W: float = 0.005
    X: float = 0.02
    Y: float = 0.02
    axial_divergence: float = attrs.field(default=0.0, validator=[attrs.validators.ge(0.0), attrs.validators.le(0.2)])
    zero_deg: float = 0.0
    beam_path: BeamPath | None = None
    is_frozen: bool = False
    source: str = ""
