"""The binding energies that El-Shinawi 2018 prints (C 1s at 285.0 eV), held against the table: one assignment does not hold."""

from __future__ import annotations

import pytest

from pelletry.techniques.xps.audit import Seen, assignment_of, missing_partners

#: Level, printed energy in eV, what the paper calls the state.
PRINTED = (
    ("Zr 3d", 184.0, "LiZr2(PO4)3"),
    ("P 2p", 134.2, "LiZr2(PO4)3"),
    ("Zr 3d", 181.6, "Li8ZrO6"),
    ("P 2p", 133.4, "Li3P"),
)
SCALE = {"reference_line": "C 1s", "reference_eV": 285.0}


def test_only_the_phosphide_is_flagged_and_what_lies_there_is_named():
    found = {
        (level, energy): assignment_of(level=level, corrected_eV=energy, stated=phase, **SCALE)
        for level, energy, phase in PRINTED
    }
    outside = [key for key, one in found.items() if one.verdict == "outside"]
    assert outside == [("P 2p", 133.4)]
    assert found["P 2p", 133.4].nearest == ("metal phosphate", "Li3PO4")


def test_a_phosphide_would_need_a_line_five_electronvolts_lower():
    seen = [Seen(name=phase, level=level, corrected_eV=energy) for level, energy, phase in PRINTED]
    missing = missing_partners(seen[3], "Li3P", seen=seen, measured_levels=["P 2p", "Zr 3d"], **SCALE)
    low, high = next(one.range_eV for one in missing if one.is_measured)
    assert 0.5 * (low + high) == pytest.approx(133.4 - 4.7, abs=0.1)
