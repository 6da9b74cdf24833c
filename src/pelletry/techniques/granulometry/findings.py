"""What is said about size distributions, each with its number and what to do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pelletry.core.finding import Finding
from pelletry.core.quantity import Estimate, bracketed
from pelletry.core.technique import Inputs
from pelletry.core.units import displayed
from pelletry.techniques.granulometry.measurement import SizeDistribution
from pelletry.techniques.granulometry.result import StateSizes

__all__ = ["findings_of"]

#: Below this the sizes depend on the refractive index that was typed in.
_MODEL_MATTERS_M = 1e-6
#: Limits of ISO 13320 for the repeatability of d10, d50, d90; twice as much below 10 µm.
_REPEATABLE = (0.05, 0.03, 0.05)
_SMALL_M = 10e-6
#: A distribution with more than this share in its last or first class was cut off by the measuring range.
_CUT_SHARE = 0.005
_DENSITY_WITHIN = 0.05
_FEWEST_FOR_A_TREND = 5
_ORDER_OF_A_TREND = 0.7
_CHANGE_OF_A_TREND = 0.05


def findings_of(
    measurements: Sequence[SizeDistribution], states: Sequence[StateSizes], inputs: Inputs
) -> tuple[Finding, ...]:
    """All findings of a powder, in the order of reading: files, model, runs, shape, comparison."""
    name = inputs.sample.name
    found = [*_of_files(name, measurements, inputs), *_of_basis(name, measurements, inputs.settings.basis)]
    for state in states:
        mine = [one for one in measurements if one.state == state.state]
        found += [*_of_model(name, state, mine), *_of_runs(name, state, mine), *_of_shape(name, state, inputs.settings)]
        found += _of_instrument(name, state, mine, inputs)
    found += _compared(name, states)
    return tuple(dict.fromkeys(found))


def _finding(code: str, severity: str, name: str, sentence: str, *quantities: str) -> Finding:
    return Finding(code=code, severity=severity, sentence=sentence, samples=(name,), quantities=quantities)


def _of_files(name: str, measurements: Sequence[SizeDistribution], inputs: Inputs) -> list[Finding]:
    said = dict.fromkeys(f"{one.origin.path}: {warning}." for one in measurements for warning in one.warnings)
    return [_finding("reader-note", "info", name, sentence) for sentence in said]


def _label(name: str, state: StateSizes) -> str:
    return f"{name} ({state.state})" if state.state else name


def _um(estimate: Estimate) -> str:
    shown = displayed(estimate, "particle")
    return f"{bracketed(shown.value, shown.std)} {shown.unit}"


def _of_basis(name: str, measurements: Sequence[SizeDistribution], basis: str) -> list[Finding]:
    other = sorted({one.basis for one in measurements} - {basis})
    if not other:
        return []
    sentence = (
        f"The distribution of {name} is by {other[0]} in its file and was converted to {basis} with spheres: errors at one "
        "end grow with the cube of the size. Export it by volume, as the instrument measures."
    )
    return [_finding("size-basis-converted", "warning", name, sentence, "d10", "d50", "d90")]


def _of_model(name: str, state: StateSizes, measurements: Sequence[SizeDistribution]) -> list[Finding]:
    found = []
    label, d50 = _label(name, state), _um(state.d50_m)
    optical = state.optical
    if state.d50_m.value < _MODEL_MATTERS_M and not optical.is_known:
        sentence = (
            f"d50 of {label} is {d50}, below a micrometre, where it depends on the refractive index and the absorption that "
            f"were typed in, and the file does not state them all ({optical.in_words or 'nothing stated'}). Report the "
            "optical model beside it; export it with the result."
        )
        found.append(_finding("optical-model-missing", "warning", name, sentence, "d10", "d50", "d90"))
    elif state.d50_m.value < _MODEL_MATTERS_M and optical.is_fraunhofer:
        sentence = (
            f"d50 of {label} is {d50}, computed with the Fraunhofer approximation, which does not hold below a few "
            "micrometres. Evaluate it again with Mie theory and the refractive index of the material."
        )
        found.append(_finding("fraunhofer-below-a-micrometre", "warning", name, sentence, "d10", "d50", "d90"))
    elif state.d50_m.value < _MODEL_MATTERS_M:
        sentence = f"d50 of {label} is {d50} with the optical model {optical.in_words}; state both together."
        found.append(_finding("optical-model", "info", name, sentence, "d50"))
    models = list(dict.fromkeys(one.optical.in_words for one in measurements))
    if len(models) > 1:
        sentence = (
            f"The runs of {label} were evaluated with {len(models)} optical models ({'; '.join(m or 'not stated' for m in models)}): "
            "their scatter holds the difference of the models. Evaluate them all with one."
        )
        found.append(_finding("optical-models-differ", "warning", name, sentence, "d10", "d50", "d90"))
    return found


def _of_runs(name: str, state: StateSizes, measurements: Sequence[SizeDistribution]) -> list[Finding]:
    found = []
    label = _label(name, state)
    names = list(dict.fromkeys(one.name for one in measurements if not one.is_average))
    if len(names) > 1:
        sentence = (
            f"The {len(measurements)} runs of {label} carry {len(names)} names ({', '.join(names[:6])}): they may be "
            "different powders. Give each powder its own sample, or a role to its files."
        )
        found.append(_finding("size-runs-of-several-names", "warning", name, sentence, "d10", "d50", "d90"))
    left_out = len(state.runs) - len(state.used)
    if left_out:
        sentence = (
            f"{left_out} record{'s' if left_out > 1 else ''} of {label} {'are averages' if left_out > 1 else 'is an average'} "
            "made by the instrument's program; the single runs are used instead."
        )
        found.append(_finding("size-average-left-out", "info", name, sentence))
    if len(state.used) == 1:
        sentence = (
            f"{label} was measured once: the repeatability of its sizes is not known. Measure it three times or more."
        )
        found.append(_finding("size-one-run", "info", name, sentence, "d10", "d50", "d90"))
    if state.scatter_relative is None:
        return found
    factor = 2.0 if state.d50_m.value < _SMALL_M else 1.0
    words = [
        f"{key} by {100 * scatter:.2g} % (limit {100 * factor * limit:.0f} %)"
        for key, scatter, limit in zip(("d10", "d50", "d90"), state.scatter_relative, _REPEATABLE, strict=True)
        if scatter > factor * limit
    ]
    if words:
        sentence = (
            f"The {len(state.used)} runs of {label} scatter more than ISO 13320 allows for repeated runs: {', '.join(words)}. "
            "The dispersion was not stable, or the runs are not of one powder."
        )
        found.append(_finding("size-runs-scatter", "warning", name, sentence, "d10", "d50", "d90"))
    found += _trend(name, label, state)
    return found


def _trend(name: str, label: str, state: StateSizes) -> list[Finding]:
    """Do the runs go one way? Then they are not repeats: agglomerates come apart, or grow."""
    d90 = np.array([run.sizes.d90_m for run in state.used])
    if len(d90) < _FEWEST_FOR_A_TREND:
        return []
    later, earlier = np.triu_indices(len(d90), 1)[::-1]
    order = float(np.mean(np.sign(d90[later] - d90[earlier])))  # Kendall's tau
    change = d90[-1] / d90[0] - 1
    if abs(order) < _ORDER_OF_A_TREND or abs(change) < _CHANGE_OF_A_TREND:
        return []
    what = (
        "fell: agglomerates come apart while it is measured"
        if change < 0
        else "rose: the powder agglomerates or settles"
    )
    sentence = (
        f"From the first to the last of {len(d90)} runs d90 of {label} {what} ({d90[0] * 1e6:.3g} to {d90[-1] * 1e6:.3g} µm). "
        "The runs are not repeats; disperse longer, or report the last ones."
    )
    return [_finding("size-runs-drift", "warning", name, sentence, "d90", "volume_mean_diameter")]


def _of_shape(name: str, state: StateSizes, settings: object) -> list[Finding]:
    found = []
    label, modes = _label(name, state), state.modes
    tops = ", ".join(f"{mode.size_m * 1e6:.3g} µm ({100 * mode.share_fraction:.0f} %)" for mode in modes)
    coarse = state.coarse_share.value
    if coarse > getattr(settings, "tail_share", 0.0):
        sentence = (
            f"{100 * coarse:.2g} % of {label} lies in a mode coarser than the main one (modes at {tops}): agglomerates, or "
            "grains that were not milled. d50 alone does not show them."
        )
        found.append(_finding("agglomerates", "notice", name, sentence, "d90", "volume_mean_diameter"))
    elif len(modes) > 1:
        sentence = f"The distribution of {label} has {len(modes)} modes, at {tops}; d50 alone does not describe it."
        found.append(_finding("several-modes", "info", name, sentence, "d50"))
    for end, word in ((0, "finest"), (-1, "coarsest")):
        share = float(state.share_fraction[end])
        if share > _CUT_SHARE:
            edge = state.edges_m[0] if end == 0 else state.edges_m[-1]
            sentence = (
                f"The {word} class of {label} still holds {100 * share:.1f} %: the distribution goes on beyond {edge * 1e6:.3g} µm, "
                "where the instrument does not see it."
            )
            found.append(_finding("size-range-cut", "warning", name, sentence, "d10" if end == 0 else "d90"))
    return found


def _of_instrument(
    name: str, state: StateSizes, measurements: Sequence[SizeDistribution], inputs: Inputs
) -> list[Finding]:
    found = []
    label = _label(name, state)
    off = [run.largest_difference_relative for run in state.used if run.largest_difference_relative is not None]
    if off and max(off) > inputs.settings.instrument_agreement:
        sentence = (
            f"Sizes of {label} computed from the classes differ from those the instrument printed by up to "
            f"{100 * max(off):.2g} %: the classes are coarse, or its result was evaluated again since. Those of the classes are given."
        )
        found.append(_finding("size-differs-from-instrument", "warning", name, sentence, "d10", "d50", "d90"))
    stated = inputs.sample.quantity("powder_density")
    typed = [
        6.0 / (one.instrument.specific_surface_m2_per_kg * one.instrument.surface_mean_m)
        for one in measurements
        if one.instrument.specific_surface_m2_per_kg and one.instrument.surface_mean_m
    ]
    if stated is not None and typed and abs(typed[0] / stated.value - 1) > _DENSITY_WITHIN:
        sentence = (
            f"The specific surface that the instrument printed for {label} was computed with {typed[0] / 1e3:.2f} g/cm3, and the "
            f"powder's density is stated as {stated.value / 1e3:.4g} g/cm3. The stated one is used here; do not quote the instrument's."
        )
        found.append(_finding("specific-surface-of-another-density", "notice", name, sentence, "specific_surface"))
    return found


def _compared(name: str, states: Sequence[StateSizes]) -> list[Finding]:
    """Before and after: two states of one sample."""
    by_state = {one.state: one for one in states}
    last = states[-1]
    if "before" in by_state and last.state != "before":
        first = by_state["before"]
        return [_milled(name, first.d50_m, last, f"{100 * first.coarse_share.value:.2g} %")]
    return []


def _milled(name: str, before: Estimate, after: StateSizes, coarse_before: str) -> Finding:
    factor = before.value / after.d50_m.value
    change = f"smaller by a factor of {factor:.3g}" if factor >= 1 else f"larger by a factor of {1 / factor:.3g}"
    sentence = (
        f"d50 of {name} went from {_um(before)} to {_um(after.d50_m)}, {change}; the share coarser than the main mode from "
        f"{coarse_before} to {100 * after.coarse_share.value:.2g} %."
    )
    return _finding("size-before-and-after", "info" if factor >= 1 else "notice", name, sentence, "d50")
