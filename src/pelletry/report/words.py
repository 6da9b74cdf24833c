"""The sentences of the report that come from the whole study: its summary, its methods, its references."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pelletry.advice.merged import FoldedFindings, folded_findings
from pelletry.core.finding import SEVERITIES, Finding
from pelletry.core.quantity import Estimate, Reported, bracketed
from pelletry.core.sample import Sample
from pelletry.core.technique import Presentation
from pelletry.core.units import displayed
from pelletry.reference.sources import sources
from pelletry.render.typography import number_text, unit_text
from pelletry.study.result import StudyResult
from pelletry.techniques import techniques

__all__ = ["decision", "estimate_text", "facts_of", "findings_by_severity", "methods", "references", "summary"]

_SEVERITY_TITLES = {
    "error": "Numbers withheld",
    "warning": "Numbers to read with care",
    "notice": "Choices that were made",
    "info": "Good to know",
}


def estimate_text(estimate: Estimate, kind: str = "") -> str:
    """``4.94(4) × 10⁻⁴ S cm⁻¹``: the number in the unit people read."""
    moved = displayed(estimate, kind)
    unit = "" if moved.unit == "1" else f" {unit_text(moved.unit)}"
    return number_text(bracketed(moved.value, moved.std)) + unit


def summary(result: StudyResult) -> str:
    """One paragraph: what was measured, the best conductivity, what is flagged and what is missing."""
    sentences = [_measured(result)]
    best = _best(result)
    if best:
        sentences.append(best)
    flagged = [f for f in result.findings if f.severity in ("warning", "error")]
    touched = {sample for f in flagged for sample in f.samples}
    if flagged:
        on = f" on {_count(len(touched), 'sample')}" if touched else ""
        # As many as the reader will count below, where findings of one kind lie under the first.
        lines = len(folded_findings(flagged))
        sentences.append(f"{_count(lines, 'finding')}{on} ask{'s' if lines == 1 else ''} for care.")
    elif result.results:
        sentences.append("Nothing was flagged.")
    if result.withheld:
        is_one = len(result.withheld) == 1
        sentences.append(
            f"{_count(len(result.withheld), 'number')} could not be given; the list below says what {'it lacks' if is_one else 'each lacks'}."
        )
    return " ".join(sentences)


def decision(result: StudyResult) -> Finding | None:
    """What to fire next, where the study compares firing conditions."""
    return next((f for f in result.findings if f.code == "which-firing"), None)


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _measured(result: StudyResult) -> str:
    read = [f for f in result.files if f.status == "read"]
    spectra = sum(f.records for f in read if f.technique == "impedance")
    from_files = f" from {_count(len(read), 'file')}" if read else ""
    what = (
        f"{_count(spectra, 'impedance spectrum', 'impedance spectra')}{from_files}"
        if spectra
        else f"{_count(len(read), 'file')}"
    )
    others = [one for one in techniques() if one.name not in ("impedance", "density")]
    beside = [one.title for one in others if any(r.technique == one.name for r in result.results)]
    also = f", with {_listed([_in_sentence(title) for title in beside])}" if beside else ""
    return f"{_count(len(result.samples), 'sample')}, {what}{also}."


def _in_sentence(title: str) -> str:
    """A title inside a sentence; abbreviations keep their capitals."""
    return title if title.isupper() else title[0].lower() + title[1:]


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _best(result: StudyResult) -> str:
    found = [
        (q.quantity.value, q.quantity, q)
        for q in result.quantities
        if q.name == "conductivity_total_25C" and isinstance(q.quantity, Estimate)
    ]
    if not found:
        return ""
    _, estimate, reported = max(found, key=lambda f: f[0])
    energy = next(
        (q.quantity for q in result.quantities if q.sample == reported.sample and q.name == "activation_energy_total"),
        None,
    )
    among = "" if len(found) == len(result.samples) else f" among the {_count(len(found), 'sample')} where it is known"
    # One pellet has no highest.
    words = f"The total conductivity of {reported.sample} at 25 °C is {estimate_text(estimate)}"
    if len(found) > 1:
        words = f"The highest total conductivity at 25 °C{among} is {estimate_text(estimate)} ({reported.sample})"
    if isinstance(energy, Estimate):
        words += f", with an activation energy of ln(σT) of {estimate_text(energy)}"
    return words + (_flag_words(reported) or ".")


def _flag_words(reported: Reported) -> str:
    return (
        f"; it carries the flag{'s' if len(reported.flags) > 1 else ''} {', '.join(reported.flags)}."
        if reported.flags
        else ""
    )


def findings_by_severity(result: StudyResult) -> list[tuple[str, str, list[FoldedFindings]]]:
    """(severity, title, findings), the gravest first; what is said of many samples stands once, with all of them."""
    grouped = []
    for severity in reversed(SEVERITIES):
        rows = list(folded_findings(f for f in result.findings if f.severity == severity))
        if rows:
            grouped.append((severity, _SEVERITY_TITLES[severity], rows))
    return grouped


def methods(presentations: Mapping[tuple[str, str], Presentation]) -> list[tuple[str, str]]:
    """(which samples, paragraph): equal paragraphs once; the samples are named only where paragraphs differ."""
    by_technique: dict[str, dict[str, list[str]]] = {}
    for (sample, technique), shown in presentations.items():
        if shown.method_paragraph:
            by_technique.setdefault(technique, {}).setdefault(shown.method_paragraph, []).append(sample)
    found = []
    for paragraphs in by_technique.values():
        for paragraph, samples in paragraphs.items():
            found.append((", ".join(samples) if len(paragraphs) > 1 else "", paragraph))
    return found


def references(
    presentations: Mapping[tuple[str, str], Presentation], given: Mapping[str, str]
) -> list[tuple[str, str]]:
    """(key, citation) of every reference used, by key; a key that nobody knows stands for itself."""
    keys = sorted({key for shown in presentations.values() for key in shown.references})
    known = sources()
    return [(key, given.get(key) or (known[key].citation if key in known else key)) for key in keys]


def facts_of(sample: Sample) -> list[tuple[str, str]]:
    """What is known of a sample before any instrument saw it, in words; what was not given is not listed."""
    sintering, pellet = sample.sintering, sample.pellet
    facts: list[tuple[str, str | None]] = [("Composition", sample.composition), ("Powder", sample.powder)]
    if sintering.temperature_K is not None:
        facts.append(("Sintered at", f"{sintering.temperature_K - 273.15:.6g} °C"))
    if sintering.dwell_s is not None:
        facts.append(("Dwell", f"{sintering.dwell_s / 3600:.4g} h"))
    if sintering.heating_rate_K_per_s is not None:
        facts.append(("Heating rate", f"{sintering.heating_rate_K_per_s * 60:.4g} K min⁻¹"))
    facts.append(("Atmosphere", sintering.atmosphere))
    for name, estimate in (
        ("Mass", pellet.mass_kg),
        ("Diameter", pellet.diameter_m),
        ("Thickness", pellet.thickness_m),
        ("Electrode area", pellet.electrode_area_m2),
    ):
        facts.append((name, None if estimate is None else estimate_text(estimate)))
    facts.append(("Made of", ", ".join(sample.made_of)))
    for key, value in sample.given:
        facts.append(
            (key[0].upper() + key[1:].replace("_", " "), value if isinstance(value, str) else estimate_text(value))
        )
    facts.append(("Notes", sample.notes))
    return [(name, value) for name, value in facts if value]
