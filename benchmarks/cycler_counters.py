"""Real runs of cyclers: the integral of the current against the instrument's own counter, and binary files against their texts.

Each run must agree within 0.5 % in every cycle, or the result must say that it does not; twins must give the same capacities within
1e-5. Exit code 1 when one run is neither. Runs without a counter of their own, or whose current is the slope of it, are counted apart.

    PELLETRY_RAW_DATA=... python benchmarks/cycler_counters.py
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pelletry import api
from pelletry.core.errors import PelletryError

_FOLDERS = ("full_cell_cycling", "mpr_gcpl", "cycling/be-smith+navani")
_TWINS = (
    ("mpr_gcpl/dgbowl+yadg/cp.mpr", "mpr_gcpl/dgbowl+yadg/cp.mpt"),
    ("mpr_gcpl/jdhuang-csm+hybrid-drt/CP_SSB.mpr", "mpr_gcpl/jdhuang-csm+hybrid-drt/CP_SSB.txt"),
)
_TOLERANCE = 5e-3


def _capacities(path: Path) -> list[float]:
    result = api.analyse("cycling", [path], {"cell": "half"}, jobs=1)
    return [q.quantity.value for q in result.quantities if q.name.startswith("capacity_") and q.name != "capacity_left"]


def main(raw: Path) -> int:
    """Print one line a run that does not agree, and the counts."""
    agreeing = said = silent = without = 0
    worst = 0.0
    files = sorted(
        p for f in _FOLDERS for p in (raw / f).rglob("*") if p.is_file() and p.suffix not in (".mps", ".res")
    )
    for path in files:
        try:
            result = api.analyse("cycling", [path], {"cell": "half"}, jobs=1)
        except PelletryError as error:
            print(f"{path.name}: refused: {error}")
            continue
        cell = result.results[0].result
        fractions = [abs(c.counter_fraction) for c in cell.cycles if c.counter_fraction is not None]
        if not fractions:
            without += 1
        elif max(fractions) <= _TOLERANCE:
            agreeing += 1
            worst = max(worst, *fractions)
        elif "counter-disagrees" in {f.code for f in result.findings}:
            said += 1
            bad = sum(f > _TOLERANCE for f in fractions)
            used = "the counter is used" if any(c.is_counted for c in cell.cycles) else "the integral is used"
            print(
                f"{path.name}: up to {100 * max(fractions):.1f} % apart in {bad} of {len(fractions)} cycles, said; {used}"
            )
        else:
            silent += 1
            print(f"{path.name}: {100 * max(fractions):.1f} % apart and not said")
    print(
        f"{agreeing} runs agree (worst cycle {100 * worst:.2f} %), {said} do not and say so, {silent} do not and are silent, {without} have nothing to "
        "compare"
    )
    apart = 0.0
    for one, other in _TWINS:
        a, b = _capacities(raw / one), _capacities(raw / other)
        apart = max([apart, *(abs(x / y - 1) for x, y in zip(a, b, strict=True))])
    print(f"{len(_TWINS)} pairs of binary and text: capacities at most {apart:.1e} apart")
    return 0 if silent == 0 and apart < 1e-5 else 1


if __name__ == "__main__":
    if "PELLETRY_RAW_DATA" not in os.environ:
        sys.exit("PELLETRY_RAW_DATA names the folder with the instrument files")
    sys.exit(main(Path(os.environ["PELLETRY_RAW_DATA"])))
