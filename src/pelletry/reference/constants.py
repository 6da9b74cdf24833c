"""Fundamental constants, CODATA 2018 (CODATA2018 in ``data/sources.bib``); public domain (NIST).

The Boltzmann constant, the elementary charge and the Avogadro number are exact in the SI since 2019; the gas and the
Faraday constant follow from them. Only the electric constant is measured.
"""

from __future__ import annotations

import attrs

__all__ = [
    "AVOGADRO_PER_MOL",
    "BOLTZMANN_EV_PER_K",
    "BOLTZMANN_J_PER_K",
    "CONSTANTS",
    "ELECTRIC_CONSTANT_F_PER_M",
    "ELEMENTARY_CHARGE_C",
    "FARADAY_C_PER_MOL",
    "GAS_J_PER_MOL_K",
    "ICE_POINT_K",
    "Constant",
]


@attrs.frozen(kw_only=True)
class Constant:
    """One constant. ``std`` is None when the value is exact by definition."""

    symbol: str
    name: str
    value: float
    std: float | None = None
    unit: str
    source: str = "CODATA2018"
    licence: str = "public domain (NIST)"


BOLTZMANN_J_PER_K = 1.380649e-23
ELEMENTARY_CHARGE_C = 1.602176634e-19
AVOGADRO_PER_MOL = 6.02214076e23
BOLTZMANN_EV_PER_K = BOLTZMANN_J_PER_K / ELEMENTARY_CHARGE_C
GAS_J_PER_MOL_K = BOLTZMANN_J_PER_K * AVOGADRO_PER_MOL
FARADAY_C_PER_MOL = ELEMENTARY_CHARGE_C * AVOGADRO_PER_MOL
ELECTRIC_CONSTANT_F_PER_M = 8.8541878128e-12
ICE_POINT_K = 273.15

CONSTANTS: tuple[Constant, ...] = (
    Constant(symbol="k_B", name="Boltzmann constant", value=BOLTZMANN_J_PER_K, unit="J/K"),
    Constant(symbol="k_B/e", name="Boltzmann constant in electronvolt", value=BOLTZMANN_EV_PER_K, unit="eV/K"),
    Constant(symbol="e", name="elementary charge", value=ELEMENTARY_CHARGE_C, unit="C"),
    Constant(symbol="N_A", name="Avogadro constant", value=AVOGADRO_PER_MOL, unit="1/mol"),
    Constant(symbol="R", name="molar gas constant", value=GAS_J_PER_MOL_K, unit="J/(mol K)"),
    Constant(symbol="F", name="Faraday constant", value=FARADAY_C_PER_MOL, unit="C/mol"),
    Constant(symbol="eps0", name="electric constant", value=ELECTRIC_CONSTANT_F_PER_M, std=1.3e-21, unit="F/m"),
)
