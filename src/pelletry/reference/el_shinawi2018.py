"""What El-Shinawi et al. 2018 print about LiZr2(PO4)3, in house units, with the place where an analysis gives the same number.

Each is what the paper says, also where another number of the same paper contradicts it. How sure its authors were is not printed.
"""

from __future__ import annotations

import attrs

__all__ = ["SOURCE_KEY", "PublishedNumber", "published_numbers"]

SOURCE_KEY = "ElShinawi2018"
_ONE_ELECTRODE = 1e-4
_MAH_PER_G = 3600.0


@attrs.frozen(kw_only=True)
class PublishedNumber:
    """A printed number. ``shown`` is as printed; ``name`` and ``conditions`` are those of the quantity an analysis reports for it."""

    key: str
    meaning: str
    shown: str
    value: float
    unit: str
    sample: str
    technique: str
    name: str
    conditions: tuple[tuple[str, float | str], ...] = ()
    source: str = SOURCE_KEY


def _number(
    key: str, meaning: str, shown: str, value: float, unit: str, where: tuple[str, str, str], **conditions: float | str
) -> PublishedNumber:
    sample, technique, name = where
    return PublishedNumber(
        key=key,
        meaning=meaning,
        shown=shown,
        value=value,
        unit=unit,
        sample=sample,
        technique=technique,
        name=name,
        conditions=tuple(conditions.items()),
    )


_XPS = ("LZP surface", "xps", "binding_energy")
_PRINTED = (
    _number("rhombohedral", "rhombohedral share of the pellet", "83 wt%", 0.83, "1", ("LZP", "diffraction", "mass_fraction"), phase="lzp-r3c"),
    _number("triclinic", "triclinic share of the pellet", "17 wt%", 0.17, "1", ("LZP", "diffraction", "mass_fraction"), phase="lzp-c1"),
    _number("transition", "triclinic to rhombohedral", "near 50 °C", 323.15, "K", ("LZP HT-XRD", "diffraction", "transition_temperature")),
    _number("conductivity", "total conductivity at 80 °C", "1.0e-4 S/cm", 1.0e-2, "S/m", ("LZP", "impedance", "conductivity_total"), temperature_K=353.15),
    _number("energy", "activation energy, convention not stated", "0.34 eV", 0.34, "eV", ("LZP", "impedance", "activation_energy_total")),
    _number("voltage", "Li/LZP/Li at 40 µA/cm2", "0.4 V", 0.4, "V", ("Li/LZP/Li", "cycling", "overpotential")),
    _number("voltage-gold", "Li/Au/LZP/Au/Li at 40 µA/cm2", "0.18 V", 0.18, "V", ("Li/Au/LZP/Au/Li", "cycling", "overpotential")),
    _number("interface-gold", "one Li/Au/LZP interface, impedance", "750 Ω cm2", 750 * _ONE_ELECTRODE, "ohm m2", ("Li/Au/LZP/Au/Li", "cycling", "asr_interface_ac")),
    _number("zr-pristine", "Zr 3d5/2 of the pellet", "184.0 eV", 184.0, "eV", _XPS, role="pristine", region="Zr 3d", state="LZP"),
    _number("zr-cycled", "second Zr 3d5/2 after cycling", "181.6 eV", 181.6, "eV", _XPS, role="cycled", region="Zr 3d", state="reacted Zr"),
    _number("p-pristine", "P 2p of the pellet", "134.2 eV", 134.2, "eV", _XPS, role="pristine", region="P 2p", state="LZP"),
    _number("p-cycled", "second P 2p after cycling", "133.4 eV", 133.4, "eV", _XPS, role="cycled", region="P 2p", state="low P"),
    _number("layer", "LiTi2(PO4)3 layer", "about 10 µm", 10e-6, "m", ("LTP layer on LZP", "edx", "layer_thickness")),
    _number("ltp-interface", "LTP/LZP interface", "1150 Ω cm2", 1150 * _ONE_ELECTRODE, "ohm m2", ("Li/LZP/LTP 1", "impedance", "area_specific_resistance_R3")),
    _number("ltp-capacitance", "its capacitance", "1.6e-7 F", 1.6e-7, "F", ("Li/LZP/LTP 1", "impedance", "capacitance_arc2")),
    _number("capacity-low", "full cell at 6 µA/cm2", "70 mAh/g", 70 * _MAH_PER_G, "C/kg", ("Li/LZP/LTP 1", "cycling", "specific_capacity_best")),
    _number("capacity-high", "full cell at 6 µA/cm2", "115 mAh/g", 115 * _MAH_PER_G, "C/kg", ("Li/LZP/LTP 2", "cycling", "specific_capacity_best")),
)  # fmt: skip


def published_numbers() -> tuple[PublishedNumber, ...]:
    """All of them, in the order of the work: phases, conductivity, cells, surface, layer, full cell."""
    return _PRINTED
