"""The same structures for BGMN: a .str a phase, and a .sav that names them.

BGMN wants Wyckoff letters of its own settings, so each cell is written whole, in P1, with the cell's own ties kept. The .sav needs
the geometry file (.ger) of the reader's own instrument, which only its owner has: its line is left open.
"""

from __future__ import annotations

from pelletry.techniques.diffraction.exchange.model import columns_text, expanded_sites, refinement_of, safe_names
from pelletry.techniques.diffraction.model.result import RefinedPhase
from pelletry.techniques.diffraction.result import PatternResult

__all__ = ["bgmn_files"]

_KEYS = ("A", "B", "C", "ALPHA", "BETA", "GAMMA")


def bgmn_files(pattern: PatternResult, *, base: str, is_simulated: bool = False) -> dict[str, str]:
    """``{file name: text}``: ``<base>.sav``, ``<base>.xy`` and a ``.str`` for each phase with coordinates."""
    refinement = refinement_of(pattern)
    known = [p for p in refinement.phases if p.structure.sites]
    names = safe_names(p.name for p in known)
    anode = refinement.instrument.radiation.name.split()[0].upper()
    lines = [
        f"% {base}: phases refined in Pelletry{', simulated data' if is_simulated else ''}",
        "% write the geometry file of your own instrument here:",
        "% VERZERR=yours.ger",
        f"LAMBDA={anode}",
        *(f"STRUC[{k}]={name}.str" for k, name in enumerate(names, start=1)),
        f"VAL[1]={base}.xy",
        f"WMIN={pattern.two_theta_deg[pattern.use][0]:.4f}",
        f"WMAX={pattern.two_theta_deg[pattern.use][-1]:.4f}",
        f"LIST={base}.lst",
        f"OUTPUT={base}.par",
        f"DIAGRAMM={base}.dia",
    ]
    rows = (row.split()[:2] for row in columns_text(pattern).splitlines())
    return {
        f"{base}.sav": "\n".join(lines) + "\n",
        f"{base}.xy": "".join(f"{x} {y}\n" for x, y in rows),
        **{f"{name}.str": _structure(phase, name) for phase, name in zip(known, names, strict=True)},
    }


def _structure(phase: RefinedPhase, name: str) -> str:
    values = [q.value for q in phase.cell]
    cell = []
    for i, (key, value) in enumerate(zip(_KEYS, values, strict=True)):
        twin = next((j for j in range(3 if i >= 3 else 0, i) if abs(values[j] - value) < 1e-9 and i < 3), None)
        shown = value / 10.0 if i < 3 else value
        if twin is not None:
            cell.append(f"{key}={_KEYS[twin]}")
        elif i < 3:
            cell.append(f"PARAM={key}={shown:.7f}_{0.99 * shown:.7f}^{1.01 * shown:.7f}")
        else:
            cell.append(f"{key}={shown:.6f}")
    lines = [
        f"PHASE={name} // refined in Pelletry; whole cell in P1",
        "SpacegroupNo=1 HermannMauguin=P1 //",
        *(f"{text} //" for text in cell),
        "RP=4 k1=0 k2=0 PARAM=B1=0_0^0.02 GEWICHT=SPHAR0 //",
        "GOAL=GrainSize(1,1,1) //",
        f"GOAL:{name}=GEWICHT*ifthenelse(ifdef(d),exp(my*d*3/4),1)",
    ]
    for _, element, x, y, z, occupancy, b in expanded_sites(phase):
        share = f"({occupancy:.5f})" if abs(occupancy - 1) > 1e-4 else ""
        lines.append(f"E={element.upper()}{share} Wyckoff=a x={x:.6f} y={y:.6f} z={z:.6f} TDS={b / 100:.6f}")
    return "\n".join(lines) + "\n"
