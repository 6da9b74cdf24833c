"""One impedance spectrum: frequencies, complex impedance, temperature and where each comes from."""

from __future__ import annotations

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array, ComplexArray, array_field
from pelletry.core.provenance import Origin

__all__ = ["ImpedanceSpectrum"]


@attrs.frozen(kw_only=True)
class ImpedanceSpectrum:
    """A spectrum in house units, from the highest frequency to the lowest.

    Attributes
    ----------
    frequency_Hz:
        Shape (m,), all > 0, falling; a frequency may occur twice. [Hz]
    impedance_ohm:
        Z = Z' + jZ'', shape (m,); a capacitive arc has Z'' < 0. [ohm]
    file_row:
        Which row of the record each point was, counted from 0, shape (m,).
    temperature_K:
        None: not known. ``temperature_source`` is ``column``, ``header``, ``file name``, ``folder name`` or what the study
        says; ``temperature_text`` the piece it was read from.
    temperature_is_confirmed:
        False while the temperature is only read from a name; then nothing that needs it is computed.
    temperature_std_K:
        Standard deviation of the temperature when the file gives one (scatter of a column); None: not known.
    run:
        Which of several spectra at one temperature, as the study says: ``heating``, ``cooling``, ``2``.
    role:
        What the spectrum is to the sample, as the study says: ``control`` (a cell without the layer), ``short`` and
        ``open`` (the holder without a sample); empty: the sample itself.
    time_s:
        When the spectrum began, on the clock of ``acquisition``; None: the file has no time. [s]
    turned:
        Why and by whom the sign of Z'' was turned; empty: it is that of the file.
    warnings:
        What was done to the rows on the way in, one sentence each.
    """

    name: str
    origin: Origin
    frequency_Hz: Array = array_field(unit="Hz")
    impedance_ohm: ComplexArray = array_field(dtype=np.complex128, unit="ohm")
    file_row: npt.NDArray[np.int64] = array_field(dtype=np.int64)
    temperature_K: float | None = None
    temperature_source: str = ""
    temperature_text: str = ""
    temperature_is_confirmed: bool = False
    temperature_std_K: float | None = None
    run: str = ""
    role: str = ""
    time_s: float | None = None
    acquisition: str = ""
    turned: str = ""
    warnings: tuple[str, ...] = ()

    def __attrs_post_init__(self) -> None:
        shapes = {self.frequency_Hz.shape, self.impedance_ohm.shape, self.file_row.shape}
        if self.frequency_Hz.ndim != 1 or len(shapes) != 1:
            raise ValueError(f"frequencies, impedances and rows differ in shape: {sorted(shapes)}")

    @property
    def points(self) -> int:
        return int(self.frequency_Hz.size)
