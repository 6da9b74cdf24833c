"""Refined structures and cycling runs for other programs, from a study in a folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pelletry import api
from pelletry.core.errors import StudyError
from pelletry.virtual.cycler import FullCellTruth, full_cell_run, gcpl_mpt


@pytest.fixture
def cell(tmp_path: Path) -> Path:
    """A study of one simulated full cell."""
    (tmp_path / "raw").mkdir()
    run = full_cell_run(FullCellTruth(capacity_C=0.2, current_A=1e-4, cycles=2), np.random.default_rng(1))
    (tmp_path / "raw" / "cell.mpt").write_bytes(gcpl_mpt(run, comment="simulated"))
    (tmp_path / "study.toml").write_text('title = "t"\nsimulated_from = "a stated truth"\n', encoding="utf-8")
    (tmp_path / "samples.csv").write_text("sample,cell,files\nLTP,full,raw/cell.mpt\n", encoding="utf-8")
    return tmp_path


def test_runs_come_back_from_the_battery_data_format(cell: Path) -> None:
    result = api.run(cell)
    paths = api.export(cell, "bdf", result)
    (table,) = [p for p in paths if p.name.endswith(".csv")]
    (record,) = api.open_file(table)
    assert record.origin.format == "bdf-csv"
    again = api.analyse("cycling", [table], {"cell": "full"})
    first = {(q.name, q.conditions): q.quantity.value for q in result.quantities if q.name.startswith("capacity_")}
    second = {(q.name, q.conditions): q.quantity.value for q in again.quantities if q.name.startswith("capacity_")}
    assert first
    assert second == pytest.approx(first, rel=1e-6)
    (about,) = [p for p in paths if p.name.endswith(".json")]
    assert '"simulated": true' in about.read_text(encoding="ascii")


def test_a_study_without_patterns_has_no_structures_to_hand_on(cell: Path) -> None:
    with pytest.raises(StudyError, match="no diffraction pattern"):
        api.export(cell, "cif")
