"""Planted soft shorts of five kinds found, and false alarms in sound cells, over 200 simulated cells each.

Sound cells are quiet ones, and such as drift, nucleate, change their temperature, wander, or have a noisy or a triggered recorder.
An alarm is an event; a step that is only called noisy is none, and is counted beside it. Exit code 1 when fewer than 95 % of a
kind are found in their own step of a quiet cell, or 2 % of the sound cells of a family or more raise an alarm. Cells with all
disturbances at once are printed as well, to show where the tests end.

    python benchmarks/soft_shorts.py [CELLS [SEED]]
"""

from __future__ import annotations

import importlib.util
import sys
import time
from pathlib import Path
from types import ModuleType

import numpy as np

from pelletry.virtual.cell_disturbances import DISTURBANCES
from pelletry.virtual.cycler import SHORTS, Short

_ALL = "all together"
_TESTS = Path(__file__).parents[1] / "tests" / "techniques" / "cycling" / "test_symmetric_cell.py"


def _cells() -> ModuleType:
    spec = importlib.util.spec_from_file_location("symmetric_cells", _TESTS)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{_TESTS} is not there")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main(cells: int, seed: int) -> int:
    """Print one line a family and a kind."""
    module = _cells()
    random = np.random.default_rng(seed)
    started = time.process_time()
    is_good = True
    families = {"quiet": (), **{name: (name,) for name in DISTURBANCES}, _ALL: tuple(DISTURBANCES)}
    print(f"seed {seed}, {cells} cells of 12 steps each")
    for name, family in families.items():
        alarms = noisy = 0
        signs: dict[str, int] = {}
        for _ in range(cells):
            rows = module.rows_of(module.some_cell(random), random, family)
            alarms += any(row.event or "hard-short" in row.flags for row in rows)
            noisy += any("noise" in row.flags for row in rows)
            for sign in {flag for row in rows if row.event for flag in row.flags}:
                signs[sign] = signs.get(sign, 0) + 1
        told = ", ".join(f"{sign} {count}" for sign, count in sorted(signs.items()))
        print(
            f"sound, {name:12s}: {100 * alarms / cells:4.1f} % raise an alarm ({told or 'none'}); {noisy} called noisy"
        )
        is_good = is_good and (name == _ALL or alarms < 0.02 * cells)
    for name in ("quiet", _ALL):
        for kind in SHORTS:
            found = elsewhere = likely = 0
            for _ in range(cells):
                step = int(random.integers(3, 11))
                short = Short(kind=kind, step=step, size_fraction=random.uniform(0.25, 0.6))
                rows = module.rows_of(module.some_cell(random, (short,)), random, families[name])
                found += any(row.event and row.step.number == step for row in rows)
                likely += any(event.kinds >= 2 and event.step == step for event in module.events_of(rows))
                elsewhere += any(row.event and row.flags and abs(row.step.number - step) > 1 for row in rows)
            print(
                f"{kind:6s} in {name} cells: {100 * found / cells:5.1f} % found in their step ({100 * likely / cells:.0f} % by two kinds of "
                f"signs), {100 * elsewhere / cells:.1f} % alarms elsewhere"
            )
            is_good = is_good and (name != "quiet" or found >= 0.95 * cells)
    print(f"{time.process_time() - started:.1f} s CPU")
    return 0 if is_good else 1


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    sys.exit(main(*(numbers + [200, 2026][len(numbers) :])))
