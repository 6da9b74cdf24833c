"""Write the page of Raj 2023 from a run of the demo ``latp``. ``--check`` only says whether the page is as it would be.

Usage: python docs/papers/make_raj2023.py [--check]
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pelletry import api
from pelletry.core.quantity import Estimate, Quantity, Reported, Unresolved, bracketed
from pelletry.core.units import displayed
from pelletry.reference.el_shinawi2018 import PublishedNumber
from pelletry.reference.raj2023 import BOUNDARY_CAPACITANCE_F, published_numbers, published_pellets
from pelletry.study.result import StudyResult
from pelletry.virtual.demo import build_demo
from pelletry.virtual.demo_latp import ASSUMED, SIMULATED_FROM
from pelletry.virtual.demo_latp_cells import CELL_SAMPLE, INTERFACE_OHM_M2
from pelletry.virtual.demo_latp_ceramics import PHASES
from pelletry.virtual.demo_latp_powders import EXPANSION_PER_K, HOT_SAMPLE

PAGE = Path(__file__).with_name("raj2023.md")

_KINDS = {
    "mass_fraction": "weight",
    "d50": "particle",
    "relative_density": "relative_density",
    "shrinkage_cold": "percent",
}
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
_CONVENTION = "ln(sigma)"
#: Direct current meets this much more than the impedance of the interface shows (assumed).
_SLOW = 1.1
_HEAD = ["| what | {} | found | 95 % interval | inside |", "| --- | --- | --- | --- | --- |"]


def found(result: StudyResult, number: PublishedNumber) -> Quantity:
    """What the run reports for a printed number.

    Raises
    ------
    LookupError
        When there is none, or more than one.
    """
    own = [
        q.quantity
        for q in _of(result, number.sample, number.name, number.conditions)
        if q.technique == number.technique
    ]
    if len(own) != 1:
        raise LookupError(f"{number.key}: {len(own)} quantities")
    return own[0]


def _of(
    result: StudyResult, sample: str, name: str, conditions: tuple[tuple[str, float | str], ...] = ()
) -> list[Reported]:
    return [
        q
        for q in result.quantities
        if (q.sample, q.name) == (sample, name)
        and all(q.condition(key) == value for key, value in conditions)
        and q.condition("convention") != _CONVENTION
    ]


def assumed(result: StudyResult) -> Iterator[tuple[str, str, float, Quantity]]:
    """(What, as assumed, value, what is found) of assumptions that the analysis measures."""
    for branch in ("heating", "cooling"):
        for axis, value in (("a", EXPANSION_PER_K[0]), ("c", EXPANSION_PER_K[2])):
            (q,) = _of(result, HOT_SAMPLE, f"expansion_{axis}", (("phase", "latp"), ("branch", branch)))
            yield f"expansion of {axis}, {branch}", f"{value * 1e6:.1f}e-6 K⁻¹", value, q.quantity
    for sample, phases in PHASES.items():
        for phase, share in phases.items():
            for q in _of(result, sample, "mass_fraction", (("phase", phase),)):
                yield f"{sample}: {phase}", f"{100 * share:.1f} wt%", share, q.quantity
    for source, factor in (("dc", _SLOW), ("ac", 1.0)):
        (q,) = _of(result, CELL_SAMPLE, f"asr_interface_{source}")
        value = factor * INTERFACE_OHM_M2
        yield (
            f"one interface of {CELL_SAMPLE.replace('|', '/')}, {source}",
            f"{value * 1e4:.0f} Ω cm2",
            value,
            q.quantity,
        )


def capacitances_held(result: StudyResult) -> int:
    """How many of the pellets' intervals of the grain boundaries' capacitance at -20 °C hold the published one."""
    held = 0
    for pellet in published_pellets():
        for q in _of(result, pellet.sample, "capacitance_arc1", (("temperature_K", 253.15),)):
            held += is_held(q.quantity, BOUNDARY_CAPACITANCE_F)
    return held


def is_held(quantity: Quantity, value: float) -> bool:
    """Does the interval hold the value?"""
    interval = quantity.interval if isinstance(quantity, Estimate) else None
    return interval is not None and interval[0] <= value <= interval[1]


def _row(what: str, stated: str, value: float, quantity: Quantity, kind: str) -> str:
    if isinstance(quantity, Unresolved):
        return f"| {what} | {stated} | {quantity.reason} | | no |"
    shown = displayed(quantity, kind)
    words = "none" if shown.interval is None else " to ".join(_end(end, shown.unit) for end in shown.interval)
    number = f"{bracketed(shown.value, shown.std)} {shown.unit}"
    return f"| {what} | {stated} | {number} | {words} | {'yes' if is_held(quantity, value) else 'no'} |"


def _end(value: float, unit: str) -> str:
    return re.sub(
        r"e-0?", "e-", f"{value:.7g}" if "Å" in unit else f"{value:.4g}" if abs(value) >= 1e-2 else f"{value:.3e}"
    )


def _single(result: StudyResult, sample: str, name: str) -> str:
    """A quantity without an interval, in °C."""
    (q,) = _of(result, sample, name)
    return f"{q.quantity.value - 273.15:.0f} °C" if isinstance(q.quantity, Estimate) else q.quantity.reason


def phases_found(result: StudyResult) -> dict[str, list[str]]:
    """Phases beside LATP in each pellet, as the search names them; of phases without atoms nothing is known but their lines."""
    return {
        sample: [
            str(q.condition("phase")) for q in _of(result, sample, "mass_fraction") if q.condition("phase") != "latp"
        ]
        for sample in PHASES
    }


def page(result: StudyResult) -> str:
    """The text of the page."""
    printed = [_row(n.meaning, n.shown, n.value, found(result, n), _KINDS.get(n.name, "")) for n in published_numbers()]
    made = [
        _row(what, shown, value, quantity, "weight" if "wt%" in shown else "")
        for what, shown, value, quantity in assumed(result)
    ]
    phases = [
        f"| {sample} | {', '.join(PHASES[sample]) or 'none'} | {', '.join(names) or 'none'} |"
        for sample, names in phases_found(result).items()
    ]
    unexplained = [
        f"- `{f.code}`: {f.samples[0]}: {f.sentence}"
        for f in result.findings
        if f.code in ("unexplained-peaks", "phase-suggested")
    ]
    powders = " and ".join(f"{_single(result, name, 'no_loss_above')} ({name})" for name in ("LATP", "LATPBM"))
    lines = [
        "# Raj 2023: LATP sintered in air and in argon",
        "",
        "Made by `python docs/papers/make_raj2023.py` from a run of `pelletry demo latp`; edit the script, not this page.",
        "",
        f"**Simulated.** {SIMULATED_FROM}. Virtual instruments wrote the raw files; their truth is what the paper prints and what is "
        "assumed below. What is shown is the way from raw files to numbers, not the ceramic.",
        "",
        "## Printed and found",
        "",
        _HEAD[0].format("printed"),
        _HEAD[1],
        *printed,
        "",
        f"Grain boundaries at -20 °C: {capacitances_held(result)} of {len(published_pellets())} pellets hold 2.0e-9 F in their intervals of 95 %.",
        f"Nothing is lost above {powders}; the paper says 450 °C. The coarse powder in argon expands again from "
        f"{_single(result, 'LATP body Ar', 'swelling_onset')} on; the paper says 930 °C. These have no interval.",
        "",
        "The paper prints V = 1298.405(3) Å3 beside its a and c, which give 1298.39(7) Å3; the volume here carries the error that follows from them.",
        "",
        "## Phases after sintering",
        "",
        "| pellet | in the scan | found by the search |",
        "| --- | --- | --- |",
        *phases,
        "",
        "Of LiTiOPO4 the library holds the cell only, so that the search cannot refine it: its lines are left over, named, and recognised.",
        "",
        *unexplained,
        "",
        "## Assumed and found",
        "",
        _HEAD[0].format("assumed"),
        _HEAD[1],
        *made,
        "",
        "## Assumed",
        "",
        "| what | assumed |",
        "| --- | --- |",
        *(f"| {what} | {words.replace('|Z|', 'the modulus')} |" for what, words in ASSUMED.items()),
        "",
        "## Not in it",
        "",
        "- Curves of the paper (dilatometry, cells against temperature, cycling) beside their printed ends: nobody here had their points.",
        "- EDX and photoelectrons: the paper's numbers of them are not at hand.",
        "- Weight fractions and grain sizes are not printed; those here only show that what is put in comes out.",
        "",
    ]
    return "\n".join(lines)


def is_same(one: str, other: str) -> bool:
    """Are two pages the same, up to a hundredth in their numbers? Linear algebra of another machine rounds differently."""
    if _NUMBER.sub("#", one) != _NUMBER.sub("#", other):
        return False
    pairs = zip(_NUMBER.findall(one), _NUMBER.findall(other), strict=True)
    return all(abs(float(a) - float(b)) <= 1e-2 * max(abs(float(a)), abs(float(b)), 1e-12) for a, b in pairs)


def main() -> int:
    """Write or compare."""
    with tempfile.TemporaryDirectory() as folder:
        made = page(api.run(build_demo("latp", Path(folder) / "latp"), jobs=1))
    if "--check" in sys.argv[1:]:
        if is_same(made, PAGE.read_text(encoding="utf-8")):
            return 0
        print(f"{PAGE} is not as the demo gives it; run: python docs/papers/make_raj2023.py", file=sys.stderr)
        return 1
    PAGE.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
