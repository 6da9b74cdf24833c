"""One region of a photoelectron spectrum: energies, intensity, what is known of its counting, and fits other programs left in it."""

from __future__ import annotations

import attrs

from pelletry.core.arrays import Array, array_field
from pelletry.core.provenance import Origin

__all__ = ["FileCalibration", "FileComponent", "Region"]


@attrs.frozen(kw_only=True)
class FileComponent:
    """A component of a fit that the file holds: CasaXPS or Avantage. Shown beside ours, never used in it.

    ``binding_energy_eV`` is on that program's own, calibrated scale. ``line_shape`` is its text; of LA and LF lines ``fwhm_eV`` is a parameter
    and not the width of the curve. ``strength`` is its area in that program's unit, ``curve`` the drawn component on the region's grid (Avantage).
    """

    program: str
    name: str
    line_shape: str = ""
    binding_energy_eV: float | None = None
    fwhm_eV: float | None = None
    strength: float | None = None
    background: str = ""
    curve: Array | None = array_field(default=None)


@attrs.frozen(kw_only=True)
class FileCalibration:
    """A charge correction stored in the file: ``shift_eV`` is to be added; None when it cannot be read as one shift."""

    program: str
    shift_eV: float | None
    actual_eV: float | None
    text: str


@attrs.frozen(kw_only=True)
class Region:
    """A region in house units, ascending.

    Attributes
    ----------
    level:
        ``Ti 2p`` as read from the region's name; empty for surveys and names without a level.
    energy_eV:
        Shape (k,). Binding energies, or kinetic ones where ``is_kinetic`` (the file does not state its source).
    intensity:
        As the file has it, shape (k,).
    unit:
        ``counts``, ``counts/s`` or empty when the file does not say.
    counts_per_unit:
        Raw counts = intensity x this; None when counts cannot be had, ``counts_reason`` says why.
    time_per_point_s:
        Dwell x sweeps, None when not stated.
    transmission:
        Of the analyser at each point as the file has it, shape (k,), None when it has none.
    role:
        ``pristine``, ``cycled`` or another word that the study gives the file; empty: none.
    """

    name: str
    level: str
    energy_eV: Array = array_field(unit="eV")
    intensity: Array = array_field()
    is_kinetic: bool = False
    unit: str = ""
    counts_per_unit: float | None = None
    counts_reason: str = ""
    time_per_point_s: float | None = None
    pass_energy_eV: float | None = None
    source_energy_eV: float | None = None
    transmission: Array | None = array_field(default=None)
    role: str = ""
    is_survey: bool = False
    file_components: tuple[FileComponent, ...] = ()
    file_calibration: FileCalibration | None = None
    origin: Origin
    warnings: tuple[str, ...] = ()
