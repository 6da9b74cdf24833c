"""Planted soft shorts of five kinds found, and false alarms in sound cells, over 200 simulated cells each.

Exit code 1 when fewer than 95 % of a kind are found in their own step, or 2 % of the sound cells or more raise an alarm.

    python benchmarks/soft_shorts.py [CELLS]
"""

from __future__ import annotations

import importlib.util
import sys
import time
from pathlib import Path

import numpy as np

from pelletry.virtual.cycler import SHORTS, Short

_TESTS = Path(__file__).parents[1] / "tests" / "techniques" / "cycling" / "test_symmetric_cell.py"


def main(cells: int) -> int:
    """Print one line a kind."""
    spec = importlib.util.spec_from_file_location("symmetric_cells", _TESTS)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{_TESTS} is not there")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    random = np.random.default_rng(2026)
    started = time.process_time()
    alarms = sum(any(module.signs_in(module.some_cell(random), random).values()) for _ in range(cells))
    print(f"sound cells: {alarms} of {cells} raise an alarm ({100 * alarms / cells:.1f} %)")
    is_good = alarms < 0.02 * cells
    for kind in SHORTS:
        found = elsewhere = 0
        for _ in range(cells):
            step = int(random.integers(3, 11))
            short = Short(kind=kind, step=step, size_fraction=random.uniform(0.25, 0.6))
            signs = module.signs_in(module.some_cell(random, (short,)), random)
            found += bool(signs[step])
            elsewhere += any(flags for n, flags in signs.items() if abs(n - step) > 1)
        print(f"{kind:6s}: {100 * found / cells:5.1f} % found in their step, {elsewhere} alarms elsewhere")
        is_good = is_good and found >= 0.95 * cells
    print(f"{time.process_time() - started:.1f} s CPU")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
