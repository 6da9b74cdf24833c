r"""Printed values of one sample against each other: sintering, interfaces, capacities, assignments of lines.

Relative density after firing: :math:`\rho = \rho_g (1-w)/(1+e)^3` with the strain e (negative on shrinkage) and the loss of mass w.
Interface of a symmetric cell from its voltage: :math:`(V/j - l/\sigma)/2`. Capacity: :math:`n F/M`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from pelletry.advice.printed_values import Checked, OfSample, is_same_temperature, std_of
from pelletry.advice.words import finding as _finding
from pelletry.advice.words import value_shown
from pelletry.core.errors import PelletryError
from pelletry.reference.constants import FARADAY_C_PER_MOL
from pelletry.reference.elements import molar_mass_g_per_mol
from pelletry.study.result import Claim

__all__ = ["assignment_checks", "capacity_checks", "interface_checks", "sintering_checks"]

#: Resistances of one interface by dc and by ac are called different beyond this factor.
_DC_OVER_AC = 1.4
#: Densities are called different beyond this, besides their uncertainty: the strain of a dilatometer's body is not that of each pellet.
_DENSITIES = 0.01


# -- sintering ---------------------------------------------------------------------------------------------------------


def sintering_checks(own: OfSample) -> Iterator[Checked]:
    """Printed relative density against green density and shrinkage."""
    for final in own.all("relative_density"):
        green, strain = _green(own), next(iter(own.all("shrinkage_cold", "shrinkage")), None)
        if green is None or strain is None:
            continue
        loss = next(iter(own.all("mass_loss")), None)
        left = 1.0 - (abs(loss.value.value) if loss is not None else 0.0)
        # Papers print shrinkage with and without its sign; a body that grows on firing is none of theirs.
        e = -abs(strain.value.value)
        if e <= -1.0:
            continue
        value = green[0] * left / (1.0 + e) ** 3
        std = value * math.hypot(green[1] / green[0], 3.0 * std_of(strain) / (1.0 + e))
        yield _sintered(own, final, strain, value, std)


def _green(own: OfSample) -> tuple[float, float] | None:
    """Green density as a share of the theoretical one, with its standard deviation."""
    relative = next(iter(own.all("green_relative_density")), None)
    if relative is not None:
        return relative.value.value, std_of(relative)
    absolute = next(iter(own.all("green_density")), None)
    full = next(iter(own.all("density_theoretical")), None)
    if absolute is None or full is None:
        return None
    value = absolute.value.value / full.value.value
    return value, value * math.hypot(std_of(absolute) / absolute.value.value, std_of(full) / full.value.value)


def _sintered(own: OfSample, final: Claim, strain: Claim, value: float, std: float) -> Checked:
    what = f"relative density of {own.sample.name} against green density and shrinkage"
    off = final.value.value - value
    if abs(off) <= max(_DENSITIES, 1.96 * math.hypot(std, std_of(final))):
        return Checked(what=what)
    sentence = (
        f"{own.sample.name}: a relative density of {final.text} is printed, but the printed green density and the shrinkage of "
        f"{strain.text} make {100 * value:.1f} ± {100 * std:.1f} %: other firings, another body, or one of the three is wrong "
        f"({final.source})."
    )
    return Checked(
        what=what,
        finding=_finding(
            "printed-density-against-shrinkage", "warning", sentence, [own.sample.name], ["relative_density"]
        ),
    )


# -- interfaces --------------------------------------------------------------------------------------------------------


def interface_checks(own: OfSample) -> Iterator[Checked]:
    """Printed interface resistance from impedance against voltage, current density, thickness and conductivity."""
    for interface in own.all("asr_interface_ac"):
        voltage = own.beside(interface, "overpotential")
        current = None if voltage is None else _current_density(own, voltage)
        pellet = _pellet(own, interface)
        if voltage is None or current is None or pellet is None:
            continue
        cell = voltage.value.value / current
        each = 0.5 * (cell - pellet[0])
        ratio = each / interface.value.value
        what = f"interface resistance of {own.sample.name} from impedance against its voltage"
        if 1.0 / _DC_OVER_AC <= ratio <= _DC_OVER_AC:
            yield Checked(what=what)
            continue
        sentence = (
            f"{own.sample.name}: {voltage.text} at {value_shown(current, 'A/m2')} is {_areal(cell)}; less {_areal(pellet[0])} of the "
            f"pellet ({pellet[1]}) and over two, each interface has {_areal(each)} under current. {interface.text} is printed from "
            f"the impedance, {ratio:.2g} times {'less' if ratio > 1 else 'more'}"
            f"{_unsaid(interface, voltage)}: quote both, and look for lost contact or a slow process below the lowest frequency "
            f"({interface.source})."
            if ratio > 1
            else f"{own.sample.name}: {voltage.text} at {value_shown(current, 'A/m2')} leaves {_areal(each)} for each interface after "
            f"{_areal(pellet[0])} of the pellet ({pellet[1]}), but {interface.text} is printed from the impedance"
            f"{_unsaid(interface, voltage)}: look for a soft short, another area or another temperature ({interface.source})."
        )
        quantities = ["asr_interface_ac", "asr_interface_dc"]
        yield Checked(
            what=what,
            finding=_finding("printed-dc-against-ac", "warning", sentence, [own.sample.name], quantities),
        )


def _areal(value_ohm_m2: float) -> str:
    return f"{value_ohm_m2 * 1e4:,.0f} Ω cm2"


def _current_density(own: OfSample, voltage: Claim) -> float | None:
    stated = voltage.condition("current_density_A_per_m2")
    if isinstance(stated, float):
        return stated or None
    highest = own.beside(voltage, "current_density_highest")
    return None if highest is None else highest.value.value


def _pellet(own: OfSample, interface: Claim) -> tuple[float, str] | None:
    """Areal resistance of the pellet [ohm m2] with its words: as printed, else from thickness and conductivity."""
    printed = own.beside(interface, "asr_pellet")
    if printed is not None:
        return printed.value.value, printed.text
    thickness = next(iter(own.all("thickness")), None)
    size = own.sample.pellet.thickness_m if thickness is None else thickness.value
    conductivity = own.beside(interface, "conductivity_total") or _at_25(own, interface)
    if size is None or conductivity is None:
        return None
    words = f"{value_shown(size.value, 'm')} at {conductivity.text}"
    return size.value / conductivity.value.value, words


def _at_25(own: OfSample, interface: Claim) -> Claim | None:
    """The conductivity at 25 °C, where the interface was measured there too."""
    fits = is_same_temperature(interface.condition("temperature_K"), 298.15)
    return next(iter(own.all("conductivity_total_25C")), None) if fits else None


def _unsaid(*claims: Claim) -> str:
    return (
        ""
        if all(c.condition("temperature_K") for c in claims)
        else " (if both are of one temperature, which is not said)"
    )


# -- capacities --------------------------------------------------------------------------------------------------------


def capacity_checks(own: OfSample) -> Iterator[Checked]:
    """Printed specific capacities against n F/M."""
    for capacity in own.all("specific_capacity_best", "specific_capacity_discharge", "specific_capacity_charge"):
        formula = own.formula(capacity, given=own.sample.text("active_material")) if _is_active(own, capacity) else ""
        electrons = capacity.condition("electrons")
        column = own.sample.quantity("electrons_per_formula")
        n = electrons if isinstance(electrons, float) else None if column is None else column.value
        molar = _molar(formula)
        if n is None or molar is None:
            continue
        theory = n * FARADAY_C_PER_MOL / (molar * 1e-3)
        what = f"capacity of {own.sample.name} against {formula}"
        if capacity.value.value - 1.96 * std_of(capacity) <= theory * 1.005:
            yield Checked(what=what)
            continue
        sentence = (
            f"{own.sample.name}: {capacity.text} is printed, above the {value_shown(theory, 'C/kg')} that {formula} can hold with "
            f"{n:g} electrons: the active mass is too small, or something else takes up charge ({capacity.source})."
        )
        yield Checked(
            what=what,
            finding=_finding(
                "printed-capacity-above-theory", "warning", sentence, [own.sample.name], [capacity.quantity]
            ),
        )


def _is_active(own: OfSample, capacity: Claim) -> bool:
    """The composition of a sample is its electrolyte's; only a formula that is stated for the capacity counts."""
    return bool(capacity.condition("formula") or own.sample.text("active_material"))


def _molar(formula: str) -> float | None:
    try:
        return molar_mass_g_per_mol(formula) if formula else None
    except PelletryError:
        return None


# -- photoelectron lines -----------------------------------------------------------------------------------------------


def assignment_checks(own: OfSample) -> Iterator[Checked]:
    """Printed binding energies against the sourced table, on the scale of their charge reference."""
    from pelletry.techniques.xps.audit import assignment_of

    for energy in own.all("binding_energy"):
        level, stated = energy.condition("region"), energy.condition("assignment")
        if not isinstance(level, str) or not isinstance(stated, str):
            continue
        line, scale = energy.condition("reference_line"), energy.condition("reference_eV")
        has_scale = isinstance(line, str) and isinstance(scale, float)
        found = assignment_of(
            level=level,
            corrected_eV=energy.value.value if has_scale else None,
            stated=stated,
            reference_line=str(line or ""),
            reference_eV=scale if isinstance(scale, float) else 0.0,
        )
        what = f"{level} of {stated} in {own.sample.name} against the table"
        if found.verdict == "outside":
            sentence = f"{own.sample.name}: {level} at {energy.text} {found.sentence} ({energy.source})."
            yield Checked(
                what=what,
                finding=_finding("printed-assignment", "warning", sentence, [own.sample.name], ["binding_energy"]),
            )
        elif found.verdict == "withheld":
            sentence = f"{own.sample.name}: {level} at {energy.text} is called {stated}, but {found.sentence} ({energy.source})."
            yield Checked(
                what=what,
                finding=_finding(
                    "printed-charge-reference-missing", "notice", sentence, [own.sample.name], ["binding_energy"]
                ),
            )
        elif found.verdict == "inside":
            yield Checked(what=what)
