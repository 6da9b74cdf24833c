"""How a number was made: from a cell of a table back to the file, the line and the points, with every choice on the way."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from typing import Any

import attrs

from pelletry.core.errors import StudyError, quoted
from pelletry.core.finding import Finding
from pelletry.core.provenance import Lineage, Origin
from pelletry.core.quantity import Estimate, Quantity, Reported, bracketed
from pelletry.core.units import displayed
from pelletry.study.compare import conditions_in_words
from pelletry.study.result import SampleResult, StudyResult
from pelletry.study.trace_impedance import impedance_flag, impedance_steps
from pelletry.study.trace_step import TraceStep

__all__ = ["Trace", "in_words", "trace_quantity", "trace_text"]

#: Techniques that can tell more of their way than their lineage does.
_TELLERS: dict[str, Callable[[Any, Reported], tuple[TraceStep, ...]]] = {"impedance": impedance_steps}
#: Techniques that know which of their findings concern one number.
_FLAG_TELLERS: dict[str, Callable[[Any, Reported, str, Sequence[Finding]], tuple[str, ...]]] = {
    "impedance": impedance_flag
}


@attrs.frozen(kw_only=True)
class Trace:
    """One number and the steps to it, from the number down to the file."""

    reported: Reported
    steps: tuple[TraceStep, ...]


def trace_quantity(result: StudyResult, asked: str) -> tuple[Trace, ...]:
    """The traces of ``"SAMPLE QUANTITY"``, one for each condition; ``"... at 140 °C"`` picks one temperature.

    ``"... at 140 °C, heating"`` and ``"... at 140 °C, record 2"`` pick one of several spectra at that temperature, in the
    words that the trace itself shows; records count from 1.

    Raises
    ------
    StudyError
        When the study has no such sample or quantity; the message lists what there is.
    """
    sample, rest = _sample_of(result, asked)
    name, temperature_K, rest_of_words = _split_conditions(rest)
    mine = [q for q in result.quantities if q.sample == sample]
    found = [q for q in mine if q.name == name]
    if not found:
        raise _no_quantity(sample, name, mine)
    if temperature_K is not None:
        there = found
        found = [q for q in there if _is_at(q, temperature_K)]
        if not found:
            raise StudyError(
                f"{sample} has no {name} at {temperature_K - 273.15:.5g} °C",
                expected=", ".join(dict.fromkeys(conditions_in_words(q) for q in there)),
            )
    if rest_of_words:
        there = found
        found = [q for q in there if rest_of_words.casefold() in _words_of(q)]
        if not found:
            raise StudyError(
                f"{sample} has no {name} of {quoted(rest_of_words)}",
                expected=", ".join(dict.fromkeys(conditions_in_words(q) for q in there)),
            )
    return tuple(Trace(reported=q, steps=_steps(result, q)) for q in found)


def _sample_of(result: StudyResult, asked: str) -> tuple[str, str]:
    asked = " ".join(asked.split())
    for name in sorted((s.name for s in result.samples), key=len, reverse=True):
        spelled = " ".join(name.split())
        if asked.casefold().startswith(spelled.casefold() + " "):
            return name, asked[len(spelled) + 1 :]
    names = [s.name for s in result.samples]
    if asked in names:
        raise StudyError(f"{quoted(asked)} names a sample but no quantity", expected=f'"{asked} QUANTITY"')
    raise StudyError(
        f"no sample of this study begins {quoted(asked)}",
        expected="a sample and a quantity, where the samples are " + ", ".join(names[:20]),
    )


def _split_conditions(text: str) -> tuple[str, float | None, str]:
    """``conductivity_total at 25 °C, heating`` -> its name, 298.15, ``heating``."""
    number = r"([+-]?\d+(?:\.\d+)?)\s*(°?C|K)?"
    match = re.fullmatch(rf"(\S+)\s*(?:@|\bat\b)\s*{number}(?:\s*,\s*(.+))?", text.strip())
    if match is None:
        name, _, words = text.strip().partition(",")
        return name.strip(), None, words.strip()
    value = float(match[2])
    return match[1], value if match[3] == "K" else value + 273.15, (match[4] or "").strip()


def _words_of(reported: Reported) -> list[str]:
    """The conditions of a number beside its temperature, as they are shown and asked for."""
    return [word.strip().casefold() for word in conditions_in_words(reported).split(",")]


def _is_at(reported: Reported, temperature_K: float) -> bool:
    stated = reported.condition("temperature_K")
    return isinstance(stated, int | float) and abs(stated - temperature_K) < 0.05


def _no_quantity(sample: str, name: str, mine: Sequence[Reported]) -> StudyError:
    names = list(dict.fromkeys(q.name for q in mine))
    if not names:
        return StudyError(f"{sample} has no numbers", do="see 'pelletry check' for what is missing")
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
    guess = f"did you mean {close[0]}?" if close else ""
    return StudyError(f"{sample} has no quantity {quoted(name)}", expected="one of " + ", ".join(names), do=guess)


def in_words(quantity: Quantity, kind: str = "") -> str:
    """``8.77(14)e-4 S/cm, 95 %: 8.5e-4 to 9.0e-4``, or why there is none."""
    if not isinstance(quantity, Estimate):
        return f"not resolved: {quantity.reason}"
    shown = displayed(quantity, kind)
    unit = "" if shown.unit == "1" else f" {shown.unit}"
    interval = shown.interval
    tail = ", uncertainty not known" if interval is None else f", 95 %: {interval[0]:.4g} to {interval[1]:.4g}"
    return f"{bracketed(shown.value, shown.std)}{unit}{tail}"


def _steps(result: StudyResult, reported: Reported) -> tuple[TraceStep, ...]:
    owner = next(r for r in result.results if r.sample == reported.sample and reported in r.result.quantities)
    teller = _TELLERS.get(owner.technique)
    told = teller(owner.result, reported) if teller is not None else ()
    lineage: Lineage = owner.result.lineage
    return (
        _number(result, reported),
        *told,
        _facts(lineage),
        _files(result, owner, reported),
        TraceStep(head="settings", lines=tuple(f"{name} = {value}" for name, value in lineage.settings)),
        TraceStep(head="references", lines=lineage.references),
        TraceStep(
            head="program", lines=(f"pelletry {lineage.version or result.version}, technique {owner.technique}",)
        ),
    )


def _number(result: StudyResult, reported: Reported) -> TraceStep:
    quantity = reported.quantity
    lines = [in_words(quantity, reported.name)]
    at = conditions_in_words(reported)
    if at:
        lines.append(at if reported.condition("temperature_K") is None else f"at {at}")
    if isinstance(quantity, Estimate):
        lines.append(f"how: {quantity.method}")
    if result.is_simulated:
        lines.append(f"simulated: {result.simulated_from}")
    for flag in reported.flags:
        lines.extend(f"flag {flag}: {said}" for said in _flag_sentences(result, reported, flag) or ["see the findings"])
    return TraceStep(head=f"{reported.sample} {reported.name}", lines=tuple(lines))


def _flag_sentences(result: StudyResult, reported: Reported, flag: str) -> Sequence[str]:
    """The findings behind a flag, without those about other quantities or other spectra of the sample."""
    plain = reported.name.removesuffix("_ln_sigma")
    found = [
        f
        for f in result.findings
        if f.code == flag and reported.sample in f.samples and (not f.quantities or plain in f.quantities)
    ]
    found = found or [f for f in result.findings if f.code == flag and reported.sample in f.samples]
    teller = _FLAG_TELLERS.get(reported.technique)
    owner = result.of(reported.sample, reported.technique)
    return [f.sentence for f in found] if teller is None or owner is None else teller(owner, reported, flag, found)


def _facts(lineage: Lineage) -> TraceStep:
    # A value that says itself who gave it needs no second "from".
    ends = {f: "" if f.given_by in f.value else f" (from {f.given_by})" for f in lineage.facts}
    return TraceStep(head="facts used", lines=tuple(f"{f.name}: {f.value}{end}" for f, end in ends.items()))


def _files(result: StudyResult, owner: SampleResult, reported: Reported) -> TraceStep:
    """The raw files behind the number: all of the result's, or the one that the condition names."""
    wanted = reported.condition("file")
    origins: Sequence[Origin] = [o for o in owner.result.lineage.origins if wanted in (None, o.path)]
    sizes = {f.path: f.size_bytes for f in result.files}
    return TraceStep(head="raw files", lines=tuple(_origin(o, sizes.get(o.path)) for o in origins))


def _origin(origin: Origin, size_bytes: int | None) -> str:
    place = f"{origin.path}:{origin.line}" if origin.line is not None else origin.path
    record = f", record {origin.record + 1}" if origin.record else ""
    acquired = f", acquired {origin.acquired_at}" if origin.acquired_at else ""
    size = "" if size_bytes is None else f", {size_bytes} bytes"
    return f"{place}{record} ({origin.format}{size}{acquired}) sha256 {origin.sha256}"


def trace_text(traces: Sequence[Trace]) -> str:
    """The traces as indented text, each step below the one it rests on."""
    blocks = []
    for trace in traces:
        lines = []
        for step in trace.steps:
            if step.lines:
                lines.append(step.head)
                lines.extend(f"    {line}" for line in step.lines)
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)
