"""What the analysis has to say in words. Every code is listed in :data:`CODES` and in docs/methods/impedance.md."""

from __future__ import annotations

from collections.abc import Sequence

from pelletry.core.finding import Finding
from pelletry.core.quantity import Estimate, Unresolved
from pelletry.techniques.impedance.model.arrhenius import leave_one_out
from pelletry.techniques.impedance.result import (
    PARTS,
    CircuitCompared,
    Consistency,
    PartAtTemperature,
    PartLine,
    SpectrumResult,
)

__all__ = [
    "CODES",
    "OF_SPECTRA",
    "inductance_findings",
    "line_findings",
    "part_findings",
    "spectrum_findings",
    "spectrum_flags",
]

#: Codes given here, with what they mean; those of the model (plausibility, window, transitions) have their own modules.
CODES = {
    "reader-note": "what was done to the rows of a file on the way in",
    "kramers-kronig-doubt": "the residuals of the Kramers-Kronig test are larger than a good measurement gives",
    "poor-fit": "the circuit leaves residuals of more than 3 % of |Z|",
    "circuit-misfit": "the circuit leaves far more than a Kramers-Kronig consistent curve does: real structure is not described",
    "one-start": "only one of the starting points found the best minimum",
    "not-converged": "the fit did not come to rest",
    "not-fitted": "a spectrum could not be fitted",
    "inductance-negative": "the L of a circuit is negative: the capacitance of an arc beyond the window, beside the cable",
    "not-resolved": "a resistance that was looked for is not determined by the spectrum",
    "undecided-arc": "what an arc stands for cannot be decided",
    "temperature-not-confirmed": "the temperature is only read from a name",
    "temperature-missing": "the temperature of a spectrum is not known",
    "geometry-missing": "the pellet's thickness or electrode area is not given",
    "budget-incomplete": "the uncertainty of a cause is not stated",
    "same-spectrum": "one spectrum lies in two files of the sample; it is used once",
    "repeated-temperature": "spectra at one temperature give different resistances",
    "arrhenius-break": "the Arrhenius line breaks",
    "arrhenius-outlier": "one temperature lies off the line of the others",
    "arrhenius-scatter": "the points scatter more than their errors explain",
    "reference-extrapolated": "the conductivity at the reference temperature lies outside the measured range",
    "reference-across-transition": "a known phase transition lies between the measured range and the reference temperature",
    "energy-depends-on-model": "separate fits and the common fit give different energies",
    "cell-not-blocked": "the sample is a cell that lets a current through: no conductivity is read from its spectra",
    "compared-with-control": "which arc of a cell its control cell has not",
    "decision": "a person masked points, chose a circuit or turned a sign",
    "circuit-chosen": "why this circuit was taken",
}

#: Flags of single spectra that are said in one sentence for all that have them: severity and words.
OF_SPECTRA = {
    "not-fitted": ("error", "could not be fitted: too few points for the circuit"),
    "not-converged": ("warning", "the fit did not come to rest"),
    "one-start": ("info", "only one of the starting points found the best minimum"),
}

_POOR_RMS = 0.03
_MISFIT_RATIO = 4.0
_MISFIT_RMS = 0.005


def _finding(code: str, severity: str, sentence: str, sample: str, quantities: tuple[str, ...] = ()) -> Finding:
    return Finding(code=code, severity=severity, sentence=sentence, samples=(sample,), quantities=quantities)


def spectrum_flags(
    *,
    is_fitted: bool,
    is_converged: bool,
    rms_fraction: float,
    agreeing: int,
    starts: int,
    consistency: Consistency | None,
    is_confirmed: bool,
    temperature_K: float | None,
) -> tuple[str, ...]:
    """Short codes for the numbers of one spectrum."""
    flags = []
    if not is_fitted:
        flags.append("not-fitted")
    elif not is_converged:
        flags.append("not-converged")
    if is_fitted and rms_fraction > _POOR_RMS:
        flags.append("poor-fit")
    elif is_fitted and consistency is not None and rms_fraction > _MISFIT_RMS:
        floor = max(consistency.rms_fraction, 1e-6)
        if rms_fraction > _MISFIT_RATIO * floor:
            flags.append("circuit-misfit")
    if is_fitted and starts > 1 and agreeing == 1:
        flags.append("one-start")
    if consistency is not None and not consistency.sentence.startswith("consistent"):
        flags.append("kramers-kronig-doubt")
    if temperature_K is None:
        flags.append("temperature-missing")
    elif not is_confirmed:
        flags.append("temperature-not-confirmed")
    return tuple(flags)


def spectrum_findings(sample: str, spectra: Sequence[SpectrumResult]) -> tuple[Finding, ...]:
    """One sentence for each flag, over all spectra that have it."""
    found: list[Finding] = []
    for spectrum in spectra:
        found.extend(
            _finding("reader-note", "info", f"{spectrum.origin.path}: {w}.", sample) for w in spectrum.warnings
        )
    for code, (severity, words) in OF_SPECTRA.items():
        with_it = [s for s in spectra if code in s.flags]
        if with_it:
            found.append(_finding(code, severity, f"{_listed(with_it)}: {words}.", sample))
    for spectrum in spectra:
        found.extend(_fit_findings(sample, spectrum))
    found.extend(_temperature_findings(sample, spectra))
    return tuple(found)


def _fit_findings(sample: str, spectrum: SpectrumResult) -> list[Finding]:
    found = []
    rms = f"{100 * spectrum.rms_fraction:.2g} %"
    if "poor-fit" in spectrum.flags:
        words = f"{spectrum.label}: {spectrum.circuit} leaves residuals of {rms} rms: noise, or structure that it does not describe."
        found.append(_finding("poor-fit", "warning", words, sample))
    if "circuit-misfit" in spectrum.flags and spectrum.consistency is not None:
        floor = f"{100 * spectrum.consistency.rms_fraction:.2g} %"
        words = (
            f"{spectrum.label}: {spectrum.circuit} leaves {rms} rms where a Kramers-Kronig consistent curve leaves {floor}: the "
            "spectrum has structure that the circuit does not describe, so errors of single arcs are larger than stated."
        )
        found.append(_finding("circuit-misfit", "notice", words, sample))
    if "kramers-kronig-doubt" in spectrum.flags and spectrum.consistency is not None:
        words = f"{spectrum.label}: Kramers-Kronig test {spectrum.consistency.sentence}."
        found.append(_finding("kramers-kronig-doubt", "warning", words, sample))
    return found


def inductance_findings(sample: str, spectra: Sequence[SpectrumResult]) -> tuple[Finding, ...]:
    """What an L below zero means, in one sentence for all spectra whose interval of it ends below zero."""
    negative = [
        (s, L) for s in spectra if (L := _parameter(s, "L1")) is not None and (L.interval or (0.0, 0.0))[1] < 0.0
    ]
    if not negative:
        return ()
    spectrum, lowest = min(negative, key=lambda pair: pair[1].value)
    fast = _parameter(spectrum, "R1")
    size = ""
    if fast is not None and spectrum.path and spectrum.path[0].capacitance is None:
        picofarad = -1e12 * lowest.value / fast.value**2
        size = f"; there C is at least -L/R² = {picofarad:.2g} pF, more by what the cable has"
    sentence = (
        f"{_listed([s for s, _ in negative])}: L is negative, {1e6 * lowest.value:.2g} µH at {spectrum.label}. No cable has that: an arc "
        "that peaks beyond the window stands in the circuit as a plain R, and its capacitance C counts as -R² C beside the cable's "
        f"inductance{size}. R is right; measure at higher frequencies or colder to see the arc."
    )
    return (_finding("inductance-negative", "info", sentence, sample, ("parameter_L1",)),)


def _parameter(spectrum: SpectrumResult, name: str) -> Estimate | None:
    found = next((p.quantity for p in spectrum.parameters if p.name == name), None)
    return found if isinstance(found, Estimate) else None


def _temperature_findings(sample: str, spectra: Sequence[SpectrumResult]) -> list[Finding]:
    found = []
    guessed = [s for s in spectra if "temperature-not-confirmed" in s.flags]
    if guessed:
        words = (
            f"The temperatures of {len(guessed)} spectra are only read from names ({guessed[0].label.removesuffix(' (from name)')} in "
            f"{guessed[0].origin.path}): energies are withheld. Check them and write temperatures_from_file_names = true under "
            "[confirm] in study.toml, or state them in files.csv."
        )
        found.append(_finding("temperature-not-confirmed", "warning", words, sample))
    unknown = [s for s in spectra if "temperature-missing" in s.flags]
    if unknown:
        words = f"The temperature of {_listed(unknown)} is not known: state it in files.csv to have energies."
        found.append(_finding("temperature-missing", "warning", words, sample))
    return found


def _listed(spectra: Sequence[SpectrumResult]) -> str:
    names = [s.label for s in spectra]
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")


def part_findings(
    sample: str,
    spectra: Sequence[SpectrumResult],
    points: Sequence[PartAtTemperature],
    circuits: Sequence[CircuitCompared],
) -> tuple[Finding, ...]:
    """Resistances that were looked for and not found, and arcs nobody can name."""
    found: list[Finding] = []
    for part, words in PARTS.items():
        missing = [p for p in points if p.part == part and isinstance(p.resistance, Unresolved)]
        if missing:
            where = _listed([spectra[p.spectrum_index] for p in missing])
            first = missing[0].resistance
            reason = first.reason if isinstance(first, Unresolved) else ""
            sentence = f"The {words} resistance is not given at {where}: {reason}."
            found.append(_finding("not-resolved", "notice", sentence, sample, (f"resistance_{part}",)))
    for name in dict.fromkeys(e.name for s in spectra for e in s.path if e.part == "undecided"):
        element = next(e for s in spectra for e in s.path if e.name == name and e.part == "undecided")
        sentence = f"What {name} stands for is not decided: {element.reason}."
        found.append(_finding("undecided-arc", "notice", sentence, sample))
    return tuple(found)


def line_findings(sample: str, lines: Sequence[PartLine]) -> tuple[Finding, ...]:
    """Breaks, outliers, extrapolation and scatter of the Arrhenius lines."""
    found: list[Finding] = []
    for line in lines:
        words = PARTS.get(line.part, line.part)
        energy_names = (f"activation_energy_{line.part}", f"activation_energy_{line.part}_ln_sigma")
        if line.break_test is not None and line.break_test.is_broken:
            sentence = f"{words.capitalize()}: {line.break_test.sentence}"
            found.append(_finding("arrhenius-break", "warning", sentence, sample, energy_names))
        for fit in line.fits[:1]:
            if fit.chi2_reduced is not None and fit.chi2_reduced > 4 and fit.scatter_relative > 0:
                sentence = f"{words.capitalize()}, Arrhenius line: {fit.note}"
                found.append(_finding("arrhenius-scatter", "notice", sentence, sample, energy_names))
            for point in leave_one_out(fit):
                if point.is_outlier:
                    sentence = (
                        f"{words.capitalize()}: the point at {point.temperature_K - 273.15:.4g} °C lies off the line of the others "
                        f"(p = {point.p_value:.2g}); without it the energy moves by {1000 * point.shift_eV:+.1f} meV. It is kept."
                    )
                    found.append(_finding("arrhenius-outlier", "notice", sentence, sample, energy_names))
        is_given = isinstance(line.reference_conductivity, Estimate)
        if is_given and line.reference_is_extrapolated:
            sentence = f"{words.capitalize()} conductivity {line.reference_sentence}."
            found.append(
                _finding("reference-extrapolated", "notice", sentence, sample, (f"conductivity_{line.part}_25C",))
            )
    return tuple(found)
