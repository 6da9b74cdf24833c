"""Sizes of every real Mastersizer record against the row its instrument printed; straight lines over d as the peer.

Claim: d10, d50, d90 within 0.6 %, D[4,3] and D[3,2] within 0.1 % on every record. Exit code 1 when it does not hold.
Needs the folder of real instrument files, named by PELLETRY_RAW_DATA.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np

from pelletry.formats.open_file import read_file
from pelletry.techniques.granulometry.model.sizes import sizes_of
from pelletry.techniques.granulometry.read import read

NAMES = ("d10_m", "d50_m", "d90_m", "volume_mean_m", "surface_mean_m")
LIMITS = (0.006, 0.006, 0.006, 0.001, 0.001)


def straight(edges_m: np.ndarray, share: np.ndarray) -> list[float]:
    """Percentiles by straight lines over d, as a spreadsheet does it."""
    below = np.concatenate([[0.0], np.cumsum(share)])
    held = np.concatenate([[True], np.diff(below) > 0])
    return [float(np.interp(p, below[held], edges_m[held])) for p in (0.1, 0.5, 0.9)]


def main() -> int:
    folder = Path(os.environ.get("PELLETRY_RAW_DATA", "")) / "granulometry"
    if not os.environ.get("PELLETRY_RAW_DATA") or not folder.is_dir():
        print("PELLETRY_RAW_DATA does not name the folder of real instrument files")
        return 2
    ours, plain, took = [], [], 0.0
    for path in sorted(p for p in folder.rglob("*") if p.suffix in (".csv", ".xlsx")):
        for one in read(read_file(path)):
            row = np.array([getattr(one.instrument, name) for name in NAMES], dtype=float)
            start = time.process_time()
            sizes = sizes_of(edges_m=one.edges_m, volume_fraction=one.share_fraction)
            took += time.process_time() - start
            ours.append(np.abs([getattr(sizes, name) for name in NAMES] / row - 1))
            plain.append(np.abs(straight(one.edges_m, one.share_fraction) / row[:3] - 1))
    worst, worst_plain = np.max(ours, axis=0), np.max(plain, axis=0)
    print(f"{len(ours)} records, {1e3 * took / len(ours):.2f} ms each")
    for name, off, limit in zip(NAMES, worst, LIMITS, strict=True):
        print(f"  {name:16s} largest difference {100 * off:.3f} % (claim {100 * limit:.1f} %)")
    print("  straight lines over d: " + ", ".join(f"{100 * off:.2f} %" for off in worst_plain) + " (d10, d50, d90)")
    return int(any(off > limit for off, limit in zip(worst, LIMITS, strict=True)))


if __name__ == "__main__":
    sys.exit(main())
