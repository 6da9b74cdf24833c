"""Write the page of El-Shinawi 2018 from a run of the demo ``lzp``. ``--check`` only says whether the page is as it would be.

Usage: python docs/papers/make_el_shinawi2018.py [--check]
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from pelletry import api
from pelletry.core.finding import Finding
from pelletry.core.quantity import Quantity, Unresolved, bracketed
from pelletry.core.units import displayed
from pelletry.reference.el_shinawi2018 import PublishedNumber, published_numbers
from pelletry.study.result import StudyResult
from pelletry.virtual.demo import build_demo
from pelletry.virtual.demo_lzp import ASSUMED_LZP, SIMULATED_FROM_LZP

PAGE = Path(__file__).with_name("el-shinawi2018.md")

#: What the analysis says by itself about numbers of the paper that do not go together.
TOLD = (
    "xps-assignment-outside",
    "xps-partner-missing",
    "dc-above-ac",
    "compared-with-control",
    "transition",
    "growth-law",
    "reference-across-transition",
)

_KINDS = {"mass_fraction": "weight", "layer_thickness": "layer"}
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")


def found(result: StudyResult, number: PublishedNumber) -> Quantity:
    """What the run reports for a printed number; of several files the one without a role.

    Raises
    ------
    LookupError
        When there is none, or more than one.
    """
    own = [
        q
        for q in result.quantities
        if (q.sample, q.technique, q.name) == (number.sample, number.technique, number.name)
        and all(q.condition(key) == value for key, value in number.conditions)
        and ("role" in dict(number.conditions) or not q.condition("role"))
        and q.condition("convention") != "ln(sigma)"
    ]
    if len(own) != 1:
        raise LookupError(f"{number.key}: {len(own)} quantities")
    return own[0].quantity


def told(result: StudyResult) -> list[Finding]:
    """The findings that a reader of the paper wants to see."""
    return [finding for code in TOLD for finding in result.findings if finding.code == code]


def _row(result: StudyResult, number: PublishedNumber) -> str:
    quantity = found(result, number)
    if isinstance(quantity, Unresolved):
        return f"| {number.meaning} | {number.shown} | {quantity.reason} | | no |"
    shown = displayed(quantity, _KINDS.get(number.name, ""))
    held, ends = quantity.interval, shown.interval
    inside = held is not None and held[0] <= number.value <= held[1]
    words = "none" if ends is None else f"{_end(ends[0], shown.unit)} to {_end(ends[1], shown.unit)}"
    value = f"{bracketed(shown.value, shown.std)} {shown.unit}"
    return f"| {number.meaning} | {number.shown} | {value} | {words} | {'yes' if inside else 'no'} |"


def _end(value: float, unit: str) -> str:
    if unit in ("eV", "°C"):
        return f"{value:.3f}"
    if abs(value) < 1e-2:
        return re.sub(r"e-0?", "e-", f"{value:.3e}")
    return f"{value:.5g}"


def _dc_against_ac(result: StudyResult) -> list[str]:
    """The interface from the voltage, which the paper does not print, beside the one from the spectra, which it does."""
    sample = "Li/Au/LZP/Au/Li"
    both = {}
    for source in ("dc", "ac"):
        quantity = next(
            q.quantity for q in result.quantities if (q.sample, q.name) == (sample, f"asr_interface_{source}")
        )
        if isinstance(quantity, Unresolved):
            return []
        shown = displayed(quantity)
        both[source] = f"{bracketed(shown.value, shown.std)} {shown.unit}"
    words = (
        f"An interface of {sample} is {both['dc']} by its voltage and {both['ac']} by its spectra. The paper prints the second; its own voltage, "
        "thickness and conductivity give 1525 Ω cm2."
    )
    return [words, ""]


def page(result: StudyResult) -> str:
    """The text of the page."""
    rows = [_row(result, number) for number in published_numbers()]
    lines = [
        "# El-Shinawi 2018: LiZr2(PO4)3 against lithium",
        "",
        "Made by `python docs/papers/make_el_shinawi2018.py` from a run of `pelletry demo lzp`; edit the script, not this page.",
        "",
        f"**Simulated.** {SIMULATED_FROM_LZP}. Virtual instruments wrote the raw files; their truth is what the paper prints and what is "
        "assumed below. What is shown is the way from raw files to numbers, not the ceramic.",
        "",
        "## Printed and found",
        "",
        "| what | printed | found | 95 % interval | printed value inside |",
        "| --- | --- | --- | --- | --- |",
        *rows,
        "",
        *_dc_against_ac(result),
        "## What the analysis says by itself",
        "",
        *(f"- `{finding.code}`: {finding.sentence}" for finding in told(result)),
        "",
        "## Assumed",
        "",
        "| what | assumed |",
        "| --- | --- |",
        *(f"| {what} | {words.replace('|Z|', 'the modulus')} |" for what, words in ASSUMED_LZP.items()),
        "",
        "## Not in it",
        "",
        "- Sintering, sol-gel synthesis, thermogravimetry and micrographs of the paper: nobody here had their numbers.",
        "- The resistance of the interface without gold in the spectra, and the law by which it grows, are assumed.",
        "- Which two conditions stand behind 70 and 115 mAh/g is not known here; they are two cells.",
        "",
    ]
    return "\n".join(lines)


def is_same(one: str, other: str) -> bool:
    """Are two pages the same, up to a five-hundredth in their numbers? Linear algebra of another machine rounds differently."""
    if _NUMBER.sub("#", one) != _NUMBER.sub("#", other):
        return False
    pairs = zip(_NUMBER.findall(one), _NUMBER.findall(other), strict=True)
    return all(abs(float(a) - float(b)) <= 2e-3 * max(abs(float(a)), abs(float(b)), 1e-12) for a, b in pairs)


def main() -> int:
    """Write or compare."""
    with tempfile.TemporaryDirectory() as folder:
        made = page(api.run(build_demo("lzp", Path(folder) / "lzp"), jobs=1))
    if "--check" in sys.argv[1:]:
        if is_same(made, PAGE.read_text(encoding="utf-8")):
            return 0
        print(f"{PAGE} is not as the demo gives it; run: python docs/papers/make_el_shinawi2018.py", file=sys.stderr)
        return 1
    PAGE.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
