"""Spectra of one pellet as plain tables, good and spoilt on purpose."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

HEAD = "freq / Hz,Re(Z) / Ohm,-Im(Z) / Ohm"


def points(total_ohm: float = 3000.0) -> np.ndarray:
    """Rows (f in Hz, Z' in ohm, -Z'' in ohm) of R(RQ)Q with 0.3 % noise, from high to low."""
    f = np.geomspace(1e6, 1.0, 43)
    w = 2j * np.pi * f
    z = 0.2 * total_ohm + 0.8 * total_ohm / (1 + 0.8 * total_ohm * 2e-9 * w**0.92) + 1 / (3e-6 * w**0.85)
    random = np.random.default_rng(5)
    z = z + np.abs(z) * 0.003 * (random.standard_normal(f.size) + 1j * random.standard_normal(f.size))
    return np.column_stack([f, z.real, -z.imag])


def text(rows: np.ndarray, head: str = HEAD) -> str:
    """The table as a file holds it."""
    return "\n".join([head, *(",".join(f"{x:.8g}" for x in row) for row in rows)]) + "\n"


def changed(change: Callable[[np.ndarray], np.ndarray | None], head: str = HEAD) -> str:
    """The table after a change of its numbers (in place, or returned)."""
    rows = points()
    returned = change(rows)
    return text(rows if returned is None else returned, head)


def study(folder, samples: dict[str, str], *, extra: str = ""):
    """A study of pellets by name and their patterns of files."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.toml").write_text(f'title = "hostile"\n{extra}', encoding="utf-8")
    rows = [f'"{name}",8.00(1) mm,1.000(5) mm,face,{files}' for name, files in samples.items()]
    head = "sample,diameter,thickness,electrode_diameter,files"
    (folder / "samples.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return folder
