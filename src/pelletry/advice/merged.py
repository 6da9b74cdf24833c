"""The same thing said of many pellets, said once: findings that differ only in a name or in numbers become one line.

Nothing is lost: numbers become their range, lists of temperatures their union, and behind each sample stand its own.
What is of one kind and still in many words is folded under its first line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import attrs

from pelletry.core.finding import Finding

__all__ = ["FoldedFindings", "MergedFinding", "folded_findings", "merged_findings"]

#: So many lines of one kind are read one by one; more are folded under the first.
_READ_ONE_BY_ONE = 3

_DEGREES = r"-?\d+(?:\.\d+)? °C"
#: A list of temperatures, or a number that stands alone (not the 1 of R1), perhaps with its uncertainty or percent sign.
_SLOT = re.compile(
    rf"(?P<degrees>{_DEGREES}(?:, {_DEGREES})*)|(?<![\w.°])(?P<number>-?\d+(?:\.\d+)?(?:\(\d+\))?(?:e-?\d+)?)(?![\w])(?P<percent> %)?"
)


@attrs.frozen(kw_only=True)
class MergedFinding:
    """One line for findings of one code. ``samples`` are pairs of a name and what is its own in the sentence (or empty)."""

    code: str
    severity: str
    sentence: str
    samples: tuple[tuple[str, str], ...]


@attrs.frozen(kw_only=True)
class FoldedFindings:
    """A line that stands for its kind, and the further lines of the same kind (none, when they are few)."""

    first: MergedFinding
    alike: tuple[MergedFinding, ...] = ()

    @property
    def samples_alike(self) -> tuple[str, ...]:
        """Names of the samples of the further lines, each once."""
        return tuple(dict.fromkeys(name for one in self.alike for name, _ in one.samples))


@attrs.frozen(kw_only=True)
class _Read:
    """A sentence taken apart: fixed texts, and between them what may differ from sample to sample."""

    finding: Finding
    fixed: tuple[str, ...]
    slots: tuple[str, ...]
    has_name: bool


def merged_findings(findings: Iterable[Finding]) -> tuple[MergedFinding, ...]:
    """Findings in their order, those of one severity, code and pattern at the place of the first."""
    groups: dict[tuple[object, ...], list[_Read]] = {}
    for finding in findings:
        read = _read(finding)
        groups.setdefault((finding.severity, finding.code, read.fixed), []).append(read)
    return tuple(_merged(group) for group in groups.values())


def folded_findings(findings: Iterable[Finding]) -> tuple[FoldedFindings, ...]:
    """Merged findings in their order; more than three of one severity and code lie under the first of them."""
    kinds: dict[tuple[str, str], list[MergedFinding]] = {}
    for merged in merged_findings(findings):
        kinds.setdefault((merged.severity, merged.code), []).append(merged)
    folded: list[FoldedFindings] = []
    for lines in kinds.values():
        if len(lines) > _READ_ONE_BY_ONE:
            folded.append(FoldedFindings(first=lines[0], alike=tuple(lines[1:])))
        else:
            folded += [FoldedFindings(first=line) for line in lines]
    return tuple(folded)


_NEVER_TOGETHER = frozenset({"unexplained-peaks"})
#: Stands for the sample's name while a sentence is taken apart; no sentence holds it.
_NAME = "\x00"


def _read(finding: Finding) -> _Read:
    sentence = finding.sentence
    # A sentence about several samples names them itself; places of peaks make no range.
    if len(finding.samples) > 1 or finding.code in _NEVER_TOGETHER:
        return _Read(finding=finding, fixed=(sentence,), slots=(), has_name=False)
    name = finding.samples[0] if finding.samples else ""
    if name:
        # A name in the name of a file is none: it cannot give way to "each of these".
        sentence = re.sub(rf"(?<![\w/-]){re.escape(name)}(?![\w-]|\.\w)", lambda _: _NAME, sentence)
    fixed, slots, end = [], [], 0
    for match in _SLOT.finditer(sentence):
        # A list of one temperature and one of three are the same kind of place; a bare number is another.
        fixed += [sentence[end : match.start()], "degrees" if match["degrees"] else "number"]
        slots.append(match[0])
        end = match.end()
    fixed.append(sentence[end:])
    return _Read(finding=finding, fixed=tuple(fixed), slots=tuple(slots), has_name=_NAME in sentence)


def _merged(group: Sequence[_Read]) -> MergedFinding:
    first = group[0].finding
    names = list(dict.fromkeys(name for read in group for name in read.finding.samples))
    if len(names) < 2 or len(group) < 2:
        # The same pattern twice on one sample (two parts of it) stays as it was written.
        sentence = " ".join(dict.fromkeys(read.finding.sentence for read in group))
        return MergedFinding(
            code=first.code, severity=first.severity, sentence=sentence, samples=tuple((name, "") for name in names)
        )
    varying = [i for i in range(len(group[0].slots)) if len({read.slots[i] for read in group}) > 1]
    shown = [_together([read.slots[i] for read in group]) for i in range(len(group[0].slots))]
    pieces = [text if k % 2 == 0 else shown[k // 2] for k, text in enumerate(group[0].fixed)]
    every = f"each of these {len(names)} samples"
    sentence = "".join(pieces).replace(_NAME, every)
    if sentence.startswith(every):
        sentence = sentence[:1].upper() + sentence[1:]
    own: dict[str, list[str]] = {name: [] for name in names}
    for read in group:
        for name in read.finding.samples:
            own[name].append(", ".join(read.slots[i] for i in varying))
    return MergedFinding(
        code=first.code,
        severity=first.severity,
        sentence=sentence,
        samples=tuple((name, "; ".join(dict.fromkeys(filter(None, parts)))) for name, parts in own.items()),
    )


def _together(texts: Sequence[str]) -> str:
    """``47–367`` for numbers, ``-3 to 4`` beside a sign, ``40 °C, 60 °C, 80 °C`` for lists of temperatures."""
    if "°C" in texts[0]:
        each = {one for text in texts for one in text.split(", ")}
        return ", ".join(sorted(each, key=_value))
    low, high = min(texts, key=_value), max(texts, key=_value)
    if low == high or _value(low) == _value(high):
        return low
    # A sentence may itself say "from .. to ..": a range inside it is set with a dash, where no minus meets it.
    between = " to " if "-" in low + high else "–"
    return f"{low.removesuffix(' %')}{between}{high}"


def _value(text: str) -> float:
    match = re.match(r"(-?\d+(?:\.\d+)?)(?:\(\d+\))?(e-?\d+)?", text)
    return 0.0 if match is None else float(match[1] + (match[2] or ""))
