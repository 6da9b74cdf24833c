"""Units: one house unit per dimension, named in the field; other units only at the doors.

Inside, every dimensional name ends in its unit (``thickness_m``); :data:`UNIT_OF_SUFFIX` is the list of endings.
People write ``"0.465(3) mm"`` (:func:`parse_quantity`, which uses pint) and read the units of :data:`DISPLAY`.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any

import attrs

from pelletry.core.errors import Mistake, PelletryError, quoted
from pelletry.core.quantity import Estimate

if TYPE_CHECKING:
    import pint

__all__ = [
    "COMMON_UNITS",
    "DISPLAY",
    "UNIT_OF_SUFFIX",
    "Display",
    "UnitError",
    "displayed",
    "parse_quantity",
    "unit_of_field",
]

#: Ending of a field name -> its unit, longest endings first so that ``_kg_per_m3`` wins over ``_m3``.
UNIT_OF_SUFFIX: dict[str, str] = {
    "_K_per_min": "K/min",
    "_K_per_s": "K/s",
    "_S_K_per_m": "S K/m",
    "_S_per_m": "S/m",
    "_J_per_mol": "J/mol",
    "_J_per_m2": "J/m2",
    "_C_per_kg": "C/kg",
    "_C_per_m2": "C/m2",
    "_m2_per_kg": "m2/kg",
    "_kg_per_m3": "kg/m3",
    "_g_per_mol": "g/mol",
    "_A_per_m2": "A/m2",
    "_F_per_m": "F/m",
    "_ohm_m2": "ohm m2",
    "_per_K": "1/K",
    "_per_m": "1/m",
    "_per_s": "1/s",
    "_rad_per_s": "rad/s",
    "_angstrom": "angstrom",
    "_angstrom3": "angstrom3",
    "_fraction": "1",
    "_bytes": "B",
    "_ohm": "ohm",
    "_deg": "deg",
    "_eV": "eV",
    "_keV": "keV",
    "_Hz": "Hz",
    "_Pa": "Pa",
    "_kg": "kg",
    "_m3": "m3",
    "_m2": "m2",
    "_m": "m",
    "_K": "K",
    "_s": "s",
    "_A": "A",
    "_V": "V",
    "_F": "F",
    "_H": "H",
    "_C": "C",
}


class UnitError(PelletryError):
    """A text that should be a number with a unit is not one, or has the wrong dimension."""


def unit_of_field(name: str) -> str | None:
    """The unit that the ending of a field name promises, or None when it promises none.

    >>> unit_of_field("thickness_m"), unit_of_field("density_kg_per_m3"), unit_of_field("label")
    ('m', 'kg/m3', None)
    """
    for suffix in sorted(UNIT_OF_SUFFIX, key=len, reverse=True):
        if name.endswith(suffix):
            return UNIT_OF_SUFFIX[suffix]
    return None


@attrs.frozen(kw_only=True)
class Display:
    """How a house unit is shown to people: ``shown = value * factor + offset``."""

    unit: str
    factor: float = 1.0
    offset: float = 0.0
    latex: str = ""


#: (house unit, kind of quantity) -> display. The kind is the name of the result; "" is the default of that unit.
DISPLAY: dict[tuple[str, str], Display] = {
    ("S/m", ""): Display(unit="S/cm", factor=1e-2, latex=r"S\,cm$^{-1}$"),
    ("S K/m", ""): Display(unit="S K/cm", factor=1e-2, latex=r"S\,K\,cm$^{-1}$"),
    ("K", ""): Display(unit="°C", offset=-273.15, latex=r"$^{\circ}$C"),
    ("K", "difference"): Display(unit="K", latex="K"),
    ("kg/m3", ""): Display(unit="g/cm3", factor=1e-3, latex=r"g\,cm$^{-3}$"),
    ("m", ""): Display(unit="mm", factor=1e3, latex="mm"),
    ("m", "particle"): Display(unit="µm", factor=1e6, latex=r"$\mu$m"),
    ("m2", ""): Display(unit="cm2", factor=1e4, latex=r"cm$^2$"),
    ("kg", ""): Display(unit="g", factor=1e3, latex="g"),
    ("ohm m2", ""): Display(unit="Ω cm2", factor=1e4, latex=r"$\Omega$\,cm$^2$"),
    ("A/m2", ""): Display(unit="mA/cm2", factor=0.1, latex=r"mA\,cm$^{-2}$"),
    ("ohm", ""): Display(unit="Ω", latex=r"$\Omega$"),
    ("1", "relative_density"): Display(unit="%", factor=100.0, latex=r"\%"),
    ("F", ""): Display(unit="F", latex="F"),
    ("F/m", ""): Display(unit="F/cm", factor=1e-2, latex=r"F\,cm$^{-1}$"),
    ("H", ""): Display(unit="H", latex="H"),
    ("Hz", ""): Display(unit="Hz", latex="Hz"),
    ("eV", ""): Display(unit="eV", latex="eV"),
    ("s", ""): Display(unit="s", latex="s"),
    ("K/s", ""): Display(unit="K/min", factor=60.0, latex=r"K\,min$^{-1}$"),
    ("m", "grain"): Display(unit="µm", factor=1e6, latex=r"$\mu$m"),
    ("m", "layer"): Display(unit="µm", factor=1e6, latex=r"$\mu$m"),
    ("m", "film"): Display(unit="nm", factor=1e9, latex="nm"),
    ("1", "percent"): Display(unit="%", factor=100.0, latex=r"\%"),
    **{
        ("m", name): Display(unit="µm", factor=1e6, latex=r"$\mu$m")
        for name in ("d10", "d50", "d90", "volume_mean_diameter", "surface_mean_diameter", "lithium_moved_largest_step")
    },
    **{
        ("1", name): Display(unit="%", factor=100.0, latex=r"\%")
        for name in (
            "shrinkage",
            "shrinkage_cold",
            "density_by_shrinkage",
            "density_by_shrinkage_hot",
            "coarse_share",
            "mass_loss",
            "mass_loss_of_initial",
            "drying_loss",
            "step_change",
            "change_above",
            "porosity_open",
            "porosity_closed",
            "porosity_total",
        )
    },
    ("1", "weight"): Display(unit="wt%", factor=100.0, latex=r"wt\%"),
    ("J/mol", ""): Display(unit="kJ/mol", factor=1e-3, latex=r"kJ\,mol$^{-1}$"),
    ("C/kg", ""): Display(unit="mA h/g", factor=1 / 3600, latex=r"mA\,h\,g$^{-1}$"),
    ("C/m2", ""): Display(unit="mA h/cm2", factor=1 / 36000, latex=r"mA\,h\,cm$^{-2}$"),
    ("m2/kg", ""): Display(unit="m2/g", factor=1e-3, latex=r"m$^2$\,g$^{-1}$"),
    ("angstrom", ""): Display(unit="Å", latex=r"\AA"),
    ("angstrom3", ""): Display(unit="Å3", latex=r"\AA$^3$"),
    ("s", "dwell"): Display(unit="h", factor=1 / 3600, latex="h"),
}


def displayed(estimate: Estimate, kind: str = "") -> Estimate:
    """The estimate in the unit people read; unchanged when the table has no entry."""
    display = DISPLAY.get((estimate.unit, kind)) or DISPLAY.get((estimate.unit, ""))
    if display is None:
        return estimate
    moved = estimate.scaled(display.factor, unit=display.unit)
    if display.offset:
        interval = moved.interval_95
        if interval is not None:
            interval = (interval[0] + display.offset, interval[1] + display.offset)
        moved = attrs.evolve(moved, value=moved.value + display.offset, interval_95=interval)
    return moved


_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_QUANTITY = re.compile(
    rf"""^\s*(?P<value>{_NUMBER})
        (?:\s*\((?P<digits>\d+(?:\.\d+)?)\)(?P<exponent>[eE][+-]?\d+)?
          |\s*(?:±|\+/-|\+-)\s*(?P<error>{_NUMBER}))?
        \s*(?P<unit>[^\d\s].*?)?\s*$""",
    re.VERBOSE,
)
_PINT_SPELLING = {
    "°C": "degC",
    "℃": "degC",
    "µm": "um",
    "μm": "um",
    "Ω": "ohm",
    "°": "deg",
    "%": "percent",
    "Å": "angstrom",
}


#: (unit as written, house unit) -> factor and offset of what samples tables hold most; anything else is asked of pint,
#: whose table of units takes a quarter of a second to load.
COMMON_UNITS: dict[tuple[str, str], tuple[float, float]] = {
    **{(name, "m"): (factor, 0.0) for name, factor in (("m", 1.0), ("cm", 1e-2), ("mm", 1e-3), ("um", 1e-6))},
    **{(name, "kg"): (factor, 0.0) for name, factor in (("kg", 1.0), ("g", 1e-3), ("mg", 1e-6))},
    **{(name, "s"): (factor, 0.0) for name, factor in (("s", 1.0), ("min", 60.0), ("h", 3600.0))},
    **{(name, "m2"): (factor, 0.0) for name, factor in (("m2", 1.0), ("cm2", 1e-4), ("mm2", 1e-6))},
    **{(name, "Hz"): (factor, 0.0) for name, factor in (("mHz", 1e-3), ("Hz", 1.0), ("kHz", 1e3), ("MHz", 1e6))},
    ("K", "K"): (1.0, 0.0),
    ("degC", "K"): (1.0, 273.15),
    ("K/min", "K/s"): (1.0 / 60.0, 0.0),
    ("g/cm3", "kg/m3"): (1e3, 0.0),
    ("kg/m3", "kg/m3"): (1.0, 0.0),
}


#: A slip of the finger (``0.28 g1``, ``10 mm 1``) would read as a power of one or a factor.
_STRAY_DIGIT = re.compile(r"(?<=[A-Za-z])\^?1(?![\d.])|\s\d")


@functools.cache
def _registry() -> pint.UnitRegistry[Any]:
    import pint

    return pint.UnitRegistry(cache_folder=None)


def parse_quantity(text: str, *, unit: str, where: str = "", method: str = "as stated") -> Estimate:
    """Read ``"0.465(3) mm"``, ``"8.70 ± 0.05 mm"``, ``"450 °C"`` or ``"2.931 g/cm3"`` into the house ``unit``.

    The unit must be written, but for a pure number (``unit`` 1). A temperature in degrees becomes kelvin; its uncertainty is a difference.

    Raises
    ------
    UnitError
        When the text is not a number with a unit, or the unit has another dimension; says which units would do.
    """

    def refuse(what: str, do: str) -> UnitError:
        example = {
            "m": "0.46 mm",
            "K": "450 °C",
            "kg": "0.081 g",
            "kg/m3": "2.94 g/cm3",
            "m2": "0.594 cm2",
            "s": "2 h",
        }.get(unit, f"1.0 {unit}")
        return UnitError(
            mistakes=[Mistake(what=what, where=where, expected=f"a number with a unit, like '{example}'", do=do)]
        )

    if "," in text and "." not in text and re.search(r"\d,\d", text):
        text_hint = text.replace(",", ".")
        raise refuse(f"{quoted(text)} has a decimal comma", f"write '{text_hint.strip()}'")
    match = _QUANTITY.match(text)
    if match is None:
        raise refuse(
            f"{quoted(text)} is not a number with a unit",
            "write the value, its uncertainty in brackets if known, and the unit",
        )
    spelled = match["unit"]
    if not spelled and unit != "1":
        raise refuse(f"{quoted(text)} has no unit", "write the unit behind the number")
    value_text = match["value"]
    value = float(value_text)
    std: float | None = None
    if match["digits"] is not None:
        decimals = len(value_text.partition(".")[2].partition("e")[0].partition("E")[0])
        std = float(match["digits"]) * (1.0 if "." in match["digits"] else 10.0**-decimals)
        if match["exponent"]:
            value, std = value * float("1" + match["exponent"]), std * float("1" + match["exponent"])
        elif "e" in value_text.lower():
            std *= 10.0 ** int(value_text.lower().partition("e")[2])
    elif match["error"] is not None:
        std = abs(float(match["error"]))
    if not spelled:  # a pure number has none
        return Estimate(value=value, std=std, unit=unit, method=method)
    for shown, plain in _PINT_SPELLING.items():
        spelled = spelled.replace(shown, plain)
    known = COMMON_UNITS.get((spelled, unit))
    if known is not None:
        factor, offset = known
        common_std = None if std is None else std * factor
        return Estimate(value=value * factor + offset, std=common_std, unit=unit, method=method)
    if _STRAY_DIGIT.search(spelled):
        raise refuse(
            f"{quoted(text)} has a digit too many in its unit",
            "write the number once, before the unit, and no power of one",
        )
    spelled = re.sub(r"(?<=[A-Za-z])-(\d)", r"**-\1", re.sub(r"(?<=[A-Za-z])(\d)", r"**\1", spelled)).replace("^", "**")
    spelled = re.sub(r"(?<=[A-Za-z0-9])\s+(?=[A-Za-z])", "*", spelled)
    target = {
        "1": "",
        "kg/m3": "kg/m**3",
        "ohm m2": "ohm*m**2",
        "m2": "m**2",
        "m3": "m**3",
        "S K/m": "S*K/m",
        "angstrom3": "angstrom**3",
        "A/m2": "A/m**2",
        "C/m2": "C/m**2",
    }.get(unit, unit)
    import pint

    registry = _registry()
    try:
        if spelled == "C" and unit == "K":
            spelled = "degC"
        source, goal = registry.Unit(spelled), registry.Unit(target)
        converted = registry.Quantity(value, source).to(goal)
        if std is not None:
            width = registry.Unit(f"delta_{spelled}") if spelled in ("degC", "degF") else source
            if str(goal) == "kelvin" and spelled not in ("degC", "degF"):
                width = source
            std = float(registry.Quantity(std, width).to(goal).magnitude)
    except (pint.UndefinedUnitError, pint.DimensionalityError, pint.OffsetUnitCalculusError) as error:
        raise refuse(
            f"{quoted(text)} cannot be read as {unit}: {error}", f"write a unit that converts to {unit}"
        ) from None
    except Exception as error:  # pint hands tokenizer and attribute errors of strange texts through
        raise refuse(
            f"{quoted(text)} has a unit that is not understood ({type(error).__name__})",
            "write a plain unit such as mm, g, °C, h",
        ) from None
    return Estimate(value=float(converted.magnitude), std=std, unit=unit, method=method)
