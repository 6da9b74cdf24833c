"""Items of the checklist on pellets: what they are, electrodes, impedance, temperatures, density, phases."""

from __future__ import annotations

import math
import re
from statistics import fmean, stdev

from pelletry.advice.checklist_items import ABSENT, NOT_APPLICABLE, PRESENT, Group, State, Subjects, each
from pelletry.advice.firing import conditions_of
from pelletry.advice.relatives import ancestors, estimate_of
from pelletry.advice.words import listed
from pelletry.core.quantity import Estimate
from pelletry.core.sample import Sample

__all__ = ["PELLET_ITEMS", "electrode_is_stated"]

#: Conductivities are called repeated from this many pellets of one condition on.
_SEVERAL = 3
_POINTS_PER_DECADE = 5.0
_TEMPERATURES = 4
#: No column holds the material of the electrodes yet: a note that names one counts.
_ELECTRODE = re.compile(
    r"\b(?:gold|silver|platinum|carbon|graphite|lithium|indium|steel|ITO|Au|Ag|Pt|Li|In|C)\b.{0,30}"
    r"(?:electrode|contact|sputter|paint|paste|coat|evaporat)|(?:electrode|contact)s?\b.{0,30}"
    r"\b(?:gold|silver|platinum|carbon|graphite|lithium|indium|steel|ITO|Au|Ag|Pt|Li|In)\b",
    re.IGNORECASE,
)
_AMPLITUDE = re.compile(r"\d\s*mV\b")


def _has_std(estimate: Estimate | None) -> bool:
    return estimate is not None and estimate.std is not None


# -- the pellet --------------------------------------------------------------------------------------------------------


def _composition(s: Subjects) -> State:
    return each(s.pellets, lambda sample: bool(sample.composition))


def _firing(s: Subjects) -> State:
    def is_whole(sample: Sample) -> bool:
        firing = sample.sintering
        numbers = (firing.temperature_K, firing.dwell_s, firing.heating_rate_K_per_s)
        return bool(firing.atmosphere) and None not in numbers

    return each(s.pellets, is_whole)


def _thickness(s: Subjects) -> State:
    return each(s.pellets, lambda sample: _has_std(sample.pellet.thickness_m))


def _several(s: Subjects) -> State:
    names = {sample.name for sample in s.pellets}
    counts = [len(names & set(c.pellets)) for c in conditions_of(s.result)]
    counts = [count for count in counts if count]
    if not counts:
        return (ABSENT, "no firing conditions are stated") if s.pellets else (NOT_APPLICABLE, "")
    few = sum(count < _SEVERAL for count in counts)
    if not few:
        return PRESENT, f"{min(counts)} or more of each condition"
    return ABSENT, f"fewer than {_SEVERAL} pellets in {few} of {len(counts)} conditions"


def _spread(s: Subjects) -> State:
    parts = []
    for condition in conditions_of(s.result):
        values = [
            e.value for p in condition.pellets if (e := estimate_of(s.result, p, "conductivity_total_25C")) is not None
        ]
        if len(values) > 1:
            parts.append(f"{100 * stdev(values) / fmean(values):.0f} % ({len(values)} pellets)")
    if not parts:
        return (ABSENT, "no condition has two pellets") if s.pellets else (NOT_APPLICABLE, "")
    return PRESENT, f"standard deviation of σ {listed(parts, most=4)}"


# -- electrodes --------------------------------------------------------------------------------------------------------


def electrode_is_stated(sample: Sample) -> bool:
    """Do the notes name a material for the electrodes?"""
    return bool(_ELECTRODE.search(sample.notes))


def _area(s: Subjects) -> State:
    return each(s.pellets, lambda sample: _has_std(sample.pellet.electrode_area_m2))


def _electrode(s: Subjects) -> State:
    state, detail = each(s.pellets, electrode_is_stated, there="in the notes")
    return state, detail if state != ABSENT else f"{detail}; write it into the notes, as 'sputtered Au electrodes'"


def _amplitude(s: Subjects) -> State:
    state, detail = each(s.pellets, lambda sample: bool(_AMPLITUDE.search(sample.notes)), there="in the notes")
    return state, detail if state != ABSENT else f"{detail}; write it into the notes, as '10 mV'"


# -- impedance ---------------------------------------------------------------------------------------------------------


def _range(s: Subjects) -> State:
    limits = [
        (x.frequency_Hz.min(), x.frequency_Hz.max()) for p in s.pellets for x in s.spectra(p) if x.frequency_Hz.size
    ]
    if not limits:
        return NOT_APPLICABLE, ""
    low, high = min(a for a, _ in limits), max(b for _, b in limits)
    return PRESENT, f"{low:.3g} Hz to {high:.3g} Hz"


def _points(s: Subjects) -> State:
    def is_dense(sample: Sample) -> bool:
        for x in s.spectra(sample):
            decades = math.log10(x.frequency_Hz.max() / x.frequency_Hz.min()) if x.frequency_Hz.size > 1 else 0.0
            if decades <= 0 or (x.frequency_Hz.size - 1) / decades < _POINTS_PER_DECADE:
                return False
        return True

    return each(s.pellets, is_dense, there=f"{_POINTS_PER_DECADE:g} or more a decade")


def _consistency(s: Subjects) -> State:
    return each(
        s.pellets,
        lambda p: bool(s.spectra(p)) and all(x.consistency is not None for x in s.spectra(p)),
        there="Lin-KK of every spectrum",
    )


def _circuit(s: Subjects) -> State:
    circuits = list(dict.fromkeys(x.circuit for p in s.pellets for x in s.spectra(p) if x.circuit))
    return each(
        s.pellets,
        lambda p: bool(s.spectra(p)) and all(x.circuit for x in s.spectra(p)),
        there=listed(circuits, most=4) if circuits else "",
    )


def _residual(s: Subjects) -> State:
    found = [x.rms_fraction for p in s.pellets for x in s.spectra(p)]
    if not found:
        return NOT_APPLICABLE, ""
    return PRESENT, f"rms {100 * min(found):.2g} to {100 * max(found):.2g} % of |Z|"


def _sigma_std(s: Subjects) -> State:
    incomplete = set(s.found("budget-incomplete"))

    def has(sample: Sample) -> bool:
        sigma = s.reported(sample, "conductivity_total_25C", "conductivity_total")
        return bool(sigma) and sample.name not in incomplete and all(_has_std(q.quantity) for q in sigma)  # type: ignore[arg-type]

    return each(s.pellets, has, there="with geometry and temperature in it")


# -- temperatures ------------------------------------------------------------------------------------------------------


def _temperatures_of(s: Subjects, sample: Sample) -> list[float]:
    return sorted({round(x.temperature_K, 2) for x in s.spectra(sample) if x.temperature_K is not None})


def _confirmed(s: Subjects) -> State:
    return each(s.pellets, lambda p: bool(s.spectra(p)) and all(x.temperature_is_confirmed for x in s.spectra(p)))


def _several_temperatures(s: Subjects) -> State:
    every = [t for p in s.pellets for t in _temperatures_of(s, p)]
    there = f"{min(every) - 273.15:.4g} to {max(every) - 273.15:.4g} °C" if every else ""
    return each(s.pellets, lambda p: len(_temperatures_of(s, p)) >= _TEMPERATURES, there=there)


def _cooling(s: Subjects) -> State:
    def both(sample: Sample) -> bool:
        return {"heating", "cooling"} <= {x.run.lower() for x in s.spectra(sample)}

    state, detail = each(s.pellets, both)
    return state, detail if state != ABSENT else f"{detail}; name the runs heating and cooling in files.csv"


def _energy(s: Subjects) -> State:
    names = ("activation_energy_total", "activation_energy_total_ln_sigma")
    return each(s.pellets, lambda p: bool(s.reported(p, *names)), there="both slopes, each under its name")


def _interpolated(s: Subjects) -> State:
    extrapolated = {
        q.sample
        for q in s.result.quantities
        if q.name == "conductivity_total_25C" and "reference-extrapolated" in q.flags
    }
    return each(
        s.pellets,
        lambda p: bool(s.reported(p, "conductivity_total_25C")) and p.name not in extrapolated,
        there="between measured temperatures",
    )


# -- density and phases ------------------------------------------------------------------------------------------------


def _density(s: Subjects) -> State:
    return each(s.pellets, lambda p: any(_has_std(q.quantity) for q in s.reported(p, "relative_density")))  # type: ignore[arg-type]


def _theoretical(s: Subjects) -> State:
    sources = []
    for pellet in s.pellets:
        theoretical = getattr(s.of(pellet, "density"), "theoretical", None)
        if theoretical is not None and theoretical.source:
            sources.append(theoretical.source)
    there = listed(list(dict.fromkeys(sources)), most=2) if sources else ""
    return each(
        s.pellets, lambda p: bool(getattr(getattr(s.of(p, "density"), "theoretical", None), "source", "")), there=there
    )


def _phases(s: Subjects) -> State:
    return each(s.pellets, lambda p: bool(s.reported(p, "mass_fraction", "lattice_a")))


def _fractions(s: Subjects) -> State:
    return each(s.pellets, lambda p: any(_has_std(q.quantity) for q in s.reported(p, "mass_fraction")))  # type: ignore[arg-type]


def _grains(s: Subjects) -> State:
    return each(s.pellets, lambda p: bool(s.reported(p, "intercept_mean", "ecd_mean_number")))


def _electronic(s: Subjects) -> State:
    """Measured on the pellet, or on a cell that was made of it."""

    def is_known(pellet: Sample) -> bool:
        made = [one for one in s.result.samples if pellet.name in ancestors(s.result, one.name)]
        return any(s.reported(one, "electronic_conductivity", "transference_number_ion") for one in (pellet, *made))

    return each(s.pellets, is_known)


PELLET_ITEMS: tuple[tuple[str, Group], ...] = (
    (
        "pellet",
        [
            ("composition", "OS", _composition),
            ("firing: temperature, dwell, rate, atmosphere", "S", _firing),
            ("thickness with uncertainty", "OS", _thickness),
            ("several pellets of each condition", "O", _several),
            ("scatter between pellets", "O", _spread),
        ],
    ),
    (
        "electrodes",
        [("area with uncertainty", "OS", _area), ("material and how it was applied", "OS", _electrode)],
    ),
    (
        "impedance",
        [
            ("frequency range", "OS", _range),
            ("points per decade", "", _points),
            ("amplitude", "S", _amplitude),
            ("consistency test", "S", _consistency),
            ("circuit", "OS", _circuit),
            ("residuals of the fits", "S", _residual),
            ("uncertainty of σ", "OS", _sigma_std),
            ("electronic part", "", _electronic),
        ],
    ),
    (
        "temperatures",
        [
            ("temperatures of the pellet", "O", _confirmed),
            (f"{_TEMPERATURES} or more temperatures", "S", _several_temperatures),
            ("heating and cooling", "", _cooling),
            ("energy with its convention", "", _energy),
            ("σ(25 °C) not extrapolated", "", _interpolated),
        ],
    ),
    (
        "density",
        [
            ("relative density with uncertainty", "OS", _density),
            ("source of the theoretical density", "", _theoretical),
        ],
    ),
    (
        "phases",
        [
            ("phases by diffraction", "S", _phases),
            ("weight fractions with uncertainty", "", _fractions),
            ("grain size", "S", _grains),
        ],
    ),
)
