"""A powder scan as it was measured: angles, intensities with the uncertainty that counting gives them, and who said what of the beam."""

from __future__ import annotations

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array, array_field
from pelletry.core.provenance import Origin
from pelletry.techniques.diffraction.model.beam_path import BeamPath

__all__ = ["NOISE_WORDS", "DiffractionScan", "StatedBeam"]

#: How the uncertainty of the intensities is known, in words for tables and findings.
NOISE_WORDS = {
    "counts": "square root of the counts",
    "attenuated": "square root of the counts that the detector received, times the attenuation factor",
    "rate": "square root of the counts, from rate and time",
    "stated": "as the file states it",
    "scatter": "from the scatter of neighbouring points, since the file does not give counts",
}


@attrs.frozen(kw_only=True)
class StatedBeam:
    """What the file says of the radiation and the optics; None and empty texts: it does not say.

    ``alpha2_ratio`` is the intensity of K-alpha2 over that of K-alpha1 as stated (0: a monochromator took K-alpha2 away).
    ``monochromator_two_theta_deg`` was read out of the words in ``monochromator``. ``path``: the lengths and openings that the
    axial divergence and the flat sample need, where the file states them all.
    """

    anode: str = ""
    alpha1_angstrom: float | None = None
    alpha2_angstrom: float | None = None
    other_wavelength_angstrom: float | None = None
    alpha2_ratio: float | None = None
    monochromator: str = ""
    monochromator_two_theta_deg: float | None = None
    beta_filter: str = ""
    radius_m: float | None = None
    path: BeamPath | None = None

    @property
    def has_wavelength(self) -> bool:
        return self.alpha1_angstrom is not None or self.other_wavelength_angstrom is not None


@attrs.frozen(kw_only=True)
class DiffractionScan:
    """One scan of 2theta, in rising order.

    ``intensity`` is in ``intensity_unit`` (counts, counts/s or "" when the file does not say) and comparable from point to
    point: attenuation factors and times that change within the scan are applied. ``std`` is one standard deviation of it,
    and ``noise`` (a key of :data:`NOISE_WORDS`) says where that comes from. ``counts_per_unit`` is None when the file gives
    counts, else the number of counts that one unit of intensity stands for, as the scatter tells. ``use`` is False where a
    point holds no measurement. ``role`` is sample or standard; ``branch`` heating, cooling or empty (not said).
    """

    name: str
    origin: Origin
    two_theta_deg: Array = array_field(unit="deg")
    intensity: Array = array_field()
    std: Array = array_field()
    use: npt.NDArray[np.bool_] = array_field(dtype=bool)
    intensity_unit: str = ""
    noise: str = "counts"
    counts_per_unit: float | None = None
    scatter_ratio: float | None = None
    time_per_step_s: float | None = None
    temperature_K: float | None = None
    temperature_source: str = ""
    temperature_is_confirmed: bool = True
    branch: str = ""
    role: str = "sample"
    run: str = ""
    stated: StatedBeam = StatedBeam()
    is_simulated: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def points(self) -> int:
        return int(self.two_theta_deg.size)
