"""Spectra that several tests of this technique use."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest


class RealSpectrum(NamedTuple):
    name: str
    temperature_K: float
    frequency_Hz: np.ndarray
    impedance_ohm: np.ndarray


def _read(path: Path) -> RealSpectrum:
    frequency, real, imaginary = np.loadtxt(path, skiprows=3, unpack=True)
    temperature = float(path.stem.rpartition("-")[2].removesuffix("deg")) + 273.15
    return RealSpectrum(path.name, temperature, frequency, real + 1j * imaginary)


@pytest.fixture(scope="session")
def pellet_series(raw_data) -> list[RealSpectrum]:
    """The seven real spectra of one ion-conducting pellet, 140 to 200 °C (diameter 0.8 cm, thickness 0.21 cm)."""
    folder = raw_data("eis_temperature_series", "Sheyigold+EISFitpython", "spectra")
    return [_read(path) for path in sorted(folder.glob("*.txt"))]
