r"""A virtual impedance spectrometer: a ceramic pellet between blocking electrodes at the end of a cable.

The pellet is a grain arc, a grain-boundary arc and a blocking leg in series, behind the cable's inductance:

.. math:: Z = j\omega L + \frac{R_g}{1 + j\omega R_g C_g} + \frac{R_{gb}}{1 + (j\omega\tau_{gb})^{n_{gb}}}
          + \frac{1}{Q_e (j\omega)^{n_e}},\qquad \tau_{gb} = R_{gb} C_{gb}

The total resistance follows the stated Arrhenius law of :math:`\sigma T` exactly; the grains follow their own, and the grain
boundaries are what is left. Noise is normal, on real and imaginary part alike, a stated share of \|Z\|.

Source of the brick-layer picture: Irvine, Sinclair and West 1990 (key IrvineSinclairWest1990).
"""

from __future__ import annotations

import math

import attrs
import numpy as np

from pelletry.core.arrays import Array, ComplexArray

__all__ = ["ArrheniusLaw", "PelletTruth", "SpectrometerTruth", "frequencies_log_spaced", "measured_spectrum"]

_BOLTZMANN_EV_PER_K = 8.617333262e-5  # CODATA 2018, exact
_REFERENCE_K = 298.15


@attrs.frozen(kw_only=True)
class ArrheniusLaw:
    """sigma T = (sigma_25 298.15 K) exp(-Ea/k (1/T - 1/298.15 K)); the energy is that of ln(sigma T)."""

    conductivity_25C_S_per_m: float
    activation_energy_eV: float

    def conductivity_S_per_m(self, temperature_K: float) -> float:
        exponent = -self.activation_energy_eV / _BOLTZMANN_EV_PER_K * (1 / temperature_K - 1 / _REFERENCE_K)
        return self.conductivity_25C_S_per_m * _REFERENCE_K / temperature_K * math.exp(exponent)


@attrs.frozen(kw_only=True)
class PelletTruth:
    """What the pellet is. Capacitances are those of this pellet, not scaled by its size."""

    thickness_m: float
    electrode_area_m2: float
    total: ArrheniusLaw
    grain: ArrheniusLaw
    grain_capacitance_F: float
    boundary_capacitance_F: float
    boundary_exponent: float
    electrode_q: float
    electrode_exponent: float


@attrs.frozen(kw_only=True)
class SpectrometerTruth:
    """What the instrument does: cable, noise as a share of \\|Z\\|, and how far the sample is from the set temperature."""

    inductance_H: float
    noise_fraction: float
    temperature_std_K: float


def frequencies_log_spaced(*, highest_Hz: float, lowest_Hz: float, points_per_decade: int) -> Array:
    """Frequencies from high to low, as an analyser sweeps them. [Hz]"""
    count = round(math.log10(highest_Hz / lowest_Hz) * points_per_decade) + 1
    return np.asarray(np.logspace(math.log10(highest_Hz), math.log10(lowest_Hz), count))


def impedance_ohm(
    *, pellet: PelletTruth, frequency_Hz: Array, temperature_K: float, inductance_H: float
) -> ComplexArray:
    """The noise-free impedance of the pellet and its cable, shape of ``frequency_Hz``. [ohm]"""
    constant_per_m = pellet.thickness_m / pellet.electrode_area_m2
    total_ohm = constant_per_m / pellet.total.conductivity_S_per_m(temperature_K)
    grain_ohm = constant_per_m / pellet.grain.conductivity_S_per_m(temperature_K)
    boundary_ohm = total_ohm - grain_ohm
    if boundary_ohm <= 0:
        raise ValueError(
            f"at {temperature_K} K the grains alone ({grain_ohm:.3g} ohm) resist more than the pellet ({total_ohm:.3g} ohm)"
        )
    s = 2j * np.pi * frequency_Hz
    grain = grain_ohm / (1 + s * grain_ohm * pellet.grain_capacitance_F)
    boundary = boundary_ohm / (1 + (s * boundary_ohm * pellet.boundary_capacitance_F) ** pellet.boundary_exponent)
    electrode = 1 / (pellet.electrode_q * s**pellet.electrode_exponent)
    return np.asarray(s * inductance_H + grain + boundary + electrode)


def measured_spectrum(
    *,
    pellet: PelletTruth,
    instrument: SpectrometerTruth,
    frequency_Hz: Array,
    set_temperature_K: float,
    random: np.random.Generator,
) -> ComplexArray:
    """One noisy sweep at a set temperature; the sample's own temperature is off by a normal error. [ohm]"""
    temperature_K = set_temperature_K + instrument.temperature_std_K * random.standard_normal()
    exact = impedance_ohm(
        pellet=pellet, frequency_Hz=frequency_Hz, temperature_K=temperature_K, inductance_H=instrument.inductance_H
    )
    noise = random.standard_normal(frequency_Hz.size) + 1j * random.standard_normal(frequency_Hz.size)
    return np.asarray(exact + instrument.noise_fraction * np.abs(exact) * noise)
