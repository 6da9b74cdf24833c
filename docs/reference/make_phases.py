"""Write the page of the shipped phases from the library itself. ``--check`` only says whether the page is as it would be.

Usage: python docs/reference/make_phases.py [--check]
"""

from __future__ import annotations

import sys
from pathlib import Path

from pelletry.reference.phases import GROUPS, RELIABILITIES, LibraryPhase, library

PAGE = Path(__file__).with_name("phases.md")

_HEAD = """\
# The shipped phases

Made by `python docs/reference/make_phases.py` from `src/pelletry/reference/phases/data`; edit the files there, not this page.

`phases = ["latp", "alpo4-berlinite"]` under `[diffraction]` takes the keys of this table; `phases = "identify"` searches all of them, as
[the search of phases](../methods/phase-search.md) says. Own structures come as CIF files, one by one or as a folder (`cif_folder`).

| class | what it means |
| --- | --- |
| S | cell and coordinates read in a public copy of the named work, or positions fixed by symmetry and the cell read where that work is quoted |
| T | coordinates read for another structure of the type (calculated, other temperature or composition), or fixed by symmetry with a recalled cell; the entry says which |
| D | coordinates derived from distances or from ideal packing: lines stand right, intensities and weight fractions are rough |
| cell | cell only: lines are shown and suggested for unexplained peaks, intensities stay free (Le Bail), no weight fraction |

Every entry is held against itself by a test: contents of the cell against formula times Z, density against a published value, shortest
distances. COD numbers name an entry of the same phase, not necessarily the same refinement.

The rhombohedral frameworks of class D (LiTi2(PO4)3, LATP, LAGP, LiZr2(PO4)3) come from their cells alone: mean distances as sums of effective
radii, the oxygen that lithium shares 0.09 Å farther from the metal, stiff tetrahedra and softer octahedra. A test computes them again, from
any start, and holds the recipe against the published Na3Cr2(PO4)3: 0.005 of an edge apart, 0.012 in the soft twist (y of O1). What that leaves
open: against coordinates recalled from the literature, a pattern of LATP calculated here differs by 5 % (sum of differences over sum) and its
scale by 1.2 %, so a weight fraction of LATP is about 1 % of itself uncertain on that account, and its profile fits no better than 5 % until
positions are refined (`refine_atoms`).
"""


def _row(entry: LibraryPhase) -> str:
    a, b, c, alpha, beta, gamma = entry.cell
    lengths = [f"{a:g}"] + ([f"{b:g}"] if b != a else []) + ([f"{c:g}"] if c != a else [])
    angles = [
        f"{name} {value:g}°" for name, value in (("α", alpha), ("β", beta), ("γ", gamma)) if value not in (90.0, 120.0)
    ]
    cell = ", ".join([*lengths, *angles])
    source = entry.source.replace("|", "/")
    note = f" {entry.note.replace('|', '/')}." if entry.note else ""
    cod = f" COD {', '.join(entry.cod_ids)}." if entry.cod_ids else ""
    return (
        f"| `{entry.key}` | {entry.name} | {entry.space_group} | {cell} | {entry.reliability} | {source}.{note}{cod} |"
    )


def page() -> str:
    """The text of the page."""
    parts = [_HEAD]
    counts = {r: sum(entry.reliability == r for entry in library()) for r in RELIABILITIES}
    shown = ", ".join(
        f"{number} of class {r}" if r != "cell" else f"{number} by their cell only" for r, number in counts.items()
    )
    parts.append(f"{len(library())} phases: {shown}.\n")
    for group in GROUPS:
        rows = [_row(entry) for entry in library() if entry.group == group]
        head = "| key | phase | space group | cell (Å) | class | source |\n| --- | --- | --- | --- | --- | --- |"
        parts.append(f"## {group.capitalize()}\n\n{head}\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def main() -> int:
    """Write or check the page."""
    text = page()
    if "--check" in sys.argv[1:]:
        if not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != text:
            print(f"{PAGE} is not as the library is; run: python docs/reference/make_phases.py", file=sys.stderr)
            return 1
        return 0
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
