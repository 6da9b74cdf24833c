"""A million rows of a cycler to the table of cycles: CPU seconds after the import, and the peak memory.

No open package was found that does the same from this layout; galvani's reading of the same rows is in readers.py.

    python benchmarks/cycling_speed.py [ROWS]
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from pelletry import api
from pelletry.techniques.cycling import CARD


def written(folder: Path, rows: int) -> Path:
    """A BDF table of a hundred cycles."""
    t = np.arange(rows) * 1.0
    i = np.where((np.arange(rows) // (rows // 200)) % 2, 1e-3, -1e-3)
    q = np.concatenate([[0.0], np.cumsum(i[:-1])]) / 3600
    v = 2.5 + 0.3 * (q - q.min()) / np.ptp(q) + 20 * i
    path = folder / "cell.csv"
    table = np.column_stack([t, v, i])
    np.savetxt(
        path, table, delimiter=",", fmt="%.9g", header="test_time_second,voltage_volt,current_ampere", comments=""
    )
    return path


def main(rows: int) -> int:
    """Print seconds and memory."""
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder), rows)
        assert CARD.name == "cycling"
        started = time.process_time()
        result = api.analyse("cycling", [path], {"cell": "half", "active_mass": "1 mg"}, jobs=1)
        used = time.process_time() - started
    cycles = len(result.results[0].result.cycles)
    peak_MB = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{rows} rows, {cycles} cycles: {used:.2f} s CPU from the file to the table, peak {peak_MB:.0f} MB (limit for 1 M rows: 3 s)"
    )
    return 0 if used < 3.0 * max(1.0, rows / 1e6) else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
