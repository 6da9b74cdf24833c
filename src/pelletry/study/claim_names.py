"""The names under which a value may be claimed, each with its house unit: those that the techniques report, and a few inputs."""

from __future__ import annotations

import re

__all__ = ["CLAIMED", "MAY_BE_NEGATIVE", "known_names", "unit_of_claim"]

#: Name -> house unit. Names with a number or a part behind them follow by :data:`_PATTERNS`.
CLAIMED: dict[str, str] = {
    **{f"lattice_{axis}": "angstrom" for axis in "abc"},
    **{f"lattice_{angle}": "deg" for angle in ("alpha", "beta", "gamma")},
    "lattice_volume": "angstrom3",
    "formula_units": "1",
    "density_theoretical": "kg/m3",
    "density_phase": "kg/m3",
    "mass_fraction": "1",
    "amorphous_fraction": "1",
    "crystallite_size": "m",
    "expansion_a": "1/K",
    "expansion_b": "1/K",
    "expansion_c": "1/K",
    "expansion_mean": "1/K",
    "expansion_anisotropy": "1/K",
    "transition_temperature": "K",
    "density": "kg/m3",
    "density_archimedes": "kg/m3",
    "relative_density": "1",
    "green_density": "kg/m3",
    "green_relative_density": "1",
    "porosity": "1",
    "porosity_open": "1",
    "porosity_closed": "1",
    "porosity_total": "1",
    "shrinkage": "1",
    "shrinkage_cold": "1",
    "density_by_shrinkage": "1",
    "sintering_onset": "K",
    "sintering_energy": "J/mol",
    "mass_loss": "1",
    "no_loss_above": "K",
    "d10": "m",
    "d50": "m",
    "d90": "m",
    "span": "1",
    "intercept_mean": "m",
    "mendelson_diameter": "m",
    "ecd_mean_number": "m",
    "layer_thickness": "m",
    "thickness": "m",
    "electronic_conductivity": "S/m",
    "electronic_conductivity_electrons": "S/m",
    "electronic_conductivity_holes": "S/m",
    "transference_number_ion": "1",
    "transference_number_bve": "1",
    "resistance_dc": "ohm",
    "resistance_ac": "ohm",
    "resistance_dc_over_ac": "1",
    "overpotential": "V",
    "asr_cell_dc": "ohm m2",
    "asr_cell_ac": "ohm m2",
    "asr_pellet": "ohm m2",
    "asr_interface_dc": "ohm m2",
    "asr_interface_ac": "ohm m2",
    "current_density_highest": "A/m2",
    "specific_capacity_best": "C/kg",
    "specific_capacity_charge": "C/kg",
    "specific_capacity_discharge": "C/kg",
    "capacity_left": "1",
    "coulombic_efficiency": "1",
    "energy_efficiency": "1",
    "mean_voltage_charge": "V",
    "mean_voltage_discharge": "V",
    "utilisation": "1",
    "fade_per_cycle": "1",
    "binding_energy": "eV",
    "energy_difference": "eV",
    "charge_shift": "eV",
    "state_fraction": "1",
    "li_to_zr": "1",
    "surface_layer_thickness": "m",
}

MAY_BE_NEGATIVE = frozenset(
    {"shrinkage", "shrinkage_cold", "charge_shift", "energy_difference", "mass_loss", "fade_per_cycle"}
    | {name for name in CLAIMED if name.startswith("expansion_")}
)

_PARTS = "bulk|grain_boundary|total"
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(rf"conductivity_(?:{_PARTS})(?:_25C)?"), "S/m"),
    (re.compile(rf"activation_energy_(?:{_PARTS})(?:_ln_sigma)?"), "eV"),
    (re.compile(rf"resistance_(?:{_PARTS}|R\d+)"), "ohm"),
    (re.compile(r"capacitance_arc\d+"), "F"),
    (re.compile(r"peak_frequency_arc\d+"), "Hz"),
)
#: One of each pattern, for messages that guess what was meant.
_EXAMPLES = (
    *(f"conductivity_{part}{end}" for part in _PARTS.split("|") for end in ("", "_25C")),
    *(f"activation_energy_{part}" for part in _PARTS.split("|")),
    *(f"resistance_{part}" for part in _PARTS.split("|")),
    "capacitance_arc1",
)


def unit_of_claim(name: str) -> str | None:
    """The house unit of a claimable quantity, or None when there is none of that name.

    >>> unit_of_claim("lattice_volume"), unit_of_claim("capacitance_arc2"), unit_of_claim("colour")
    ('angstrom3', 'F', None)
    """
    if name in CLAIMED:
        return CLAIMED[name]
    return next((unit for pattern, unit in _PATTERNS if pattern.fullmatch(name)), None)


def known_names() -> tuple[str, ...]:
    """All names, with examples of those that end in a part or a number."""
    return (*CLAIMED, *_EXAMPLES)
