"""Cells under direct voltage from raw files to numbers, by both doors: the command and a study with roles; bad input is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pelletry import api
from pelletry.core.quantity import Estimate, Unresolved
from pelletry.techniques.cycling import CARD
from pelletry.virtual.cycler import (
    CellRun,
    PolarisationTruth,
    SymmetricCellTruth,
    chronoamperometry_mpt,
    gcpl_mpt,
    polarisation_run,
    spectra_mpt,
    symmetric_cell_run,
)
from pelletry.virtual.polarised_cell import (
    StaircaseTruth,
    TransferenceTruth,
    staircase_run,
    steady_current_A,
    transference_run,
)

SIZE = {"thickness": "1.00(1) mm", "electrode_area": "0.500(5) cm2"}
STAIRCASE = StaircaseTruth(
    voltages_V=(0.1, 0.2, 0.3, 0.4, 0.5), electrons_S_per_m=2e-7, holes_S_per_m=3e-13, temperature_K=333.15, thickness_m=1e-3, area_m2=0.5e-4,
    noise_A=2e-12,
)  # fmt: skip
TRANSFERENCE = TransferenceTruth(
    voltage_V=0.01,
    transference=0.35,
    resistance_ohm=400.0,
    interface_start_ohm=150.0,
    interface_end_ohm=180.0,
    noise_A=2e-9,
)


def by_name(result, name: str) -> list:
    return [q for q in result.quantities if q.name == name]


def written(folder: Path, files: dict[str, bytes]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return [folder / name for name in files]


def stairs(truth: StaircaseTruth = STAIRCASE) -> bytes:
    return chronoamperometry_mpt(staircase_run(truth, np.random.default_rng(7)), comment="simulated")


def polarised(truth: TransferenceTruth = TRANSFERENCE) -> dict[str, bytes]:
    run = transference_run(truth, np.random.default_rng(8))
    return {
        "cell_25C_01_PEIS.mpt": spectra_mpt(run, comment="simulated"),
        "cell_25C_02_CA.mpt": chronoamperometry_mpt(run, comment="simulated"),
    }


@pytest.fixture
def staircase_at_60C(tmp_path):
    return written(tmp_path / "raw", {"Li_SE_Au_60C.mpt": stairs()})


def test_electronic_conductivity_of_a_pellet_between_blocking_electrodes_at_several_voltages(tmp_path) -> None:
    files = {}
    for voltage in (0.1, 0.3):
        electronic = 4e-8 * 0.5e-4 * voltage / 1e-3
        truth = PolarisationTruth(
            voltage_V=voltage, ionic_current_A=2e-7, electronic_current_A=electronic, noise_A=1e-12
        )
        run = polarisation_run(truth, np.random.default_rng(5))
        files[f"Au_SE_Au_{1000 * voltage:.0f}mV.mpt"] = chronoamperometry_mpt(run, comment="simulated")
    result = api.analyse("cycling", written(tmp_path, files), {"cell": "blocking"}, geometry=SIZE)
    found = by_name(result, "electronic_conductivity")
    assert [q.condition("voltage_V") for q in found] == pytest.approx([0.1, 0.3], abs=1e-3)
    for q in found:
        assert isinstance(q.quantity, Estimate)
        assert q.quantity.value == pytest.approx(4e-8, rel=5e-3)
        low, high = q.quantity.interval
        assert low < 4e-8 < high
    limits = [q.quantity.value for q in by_name(result, "electronic_detection_limit")]
    assert limits[0] == pytest.approx(3 * limits[1], rel=0.5)  # the same noise under a third of the voltage


def test_hebb_wagner_gives_electrons_and_holes_back(staircase_at_60C) -> None:
    result = api.analyse("cycling", staircase_at_60C, {"cell": "hebb-wagner"}, geometry=SIZE, confirm_temperatures=True)
    (electrons,), (holes,) = (by_name(result, f"electronic_conductivity_{name}") for name in ("electrons", "holes"))
    for found, truth in ((electrons.quantity, 2e-7), (holes.quantity, 3e-13)):
        assert isinstance(found, Estimate)
        assert found.value == pytest.approx(truth, rel=0.01)
    assert electrons.condition("temperature_K") == pytest.approx(333.15)
    at = by_name(result, "electronic_conductivity")
    assert [q.condition("voltage_V") for q in at] == pytest.approx(STAIRCASE.voltages_V, abs=1e-3)
    thermal = 8.314462618 * 333.15 / 96485.33212
    for q, voltage in zip(at, STAIRCASE.voltages_V, strict=True):
        assert q.quantity.value == pytest.approx(
            2e-7 * np.exp(-voltage / thermal) + 3e-13 * np.exp(voltage / thermal), rel=0.02
        )
    assert "hebb-wagner-fit" in {f.code for f in result.findings}
    shown = CARD.present(result.results[0].result)
    figures = {figure.key: figure for figure in shown.figures}
    fitted = figures["cycling_hebb_wagner"].panels[0].series[-1]
    # The line of the fit goes through the currents of the truth, in the unit of the axis.
    truth_nA = 1e9 * steady_current_A(STAIRCASE, np.array([0.1, 0.5]))
    assert fitted.y[[0, -1]] == pytest.approx(truth_nA, rel=0.02)
    assert [len(table.rows) for table in shown.tables if table.key == "polarisation"] == [5]
    assert "Hebb" in shown.method_paragraph


def test_electrons_that_the_currents_do_not_show_are_not_given(tmp_path) -> None:
    from attrs import evolve

    truth = evolve(STAIRCASE, electrons_S_per_m=1e-13)
    files = written(tmp_path, {"Li_SE_Au_60C.mpt": stairs(truth)})
    result = api.analyse("cycling", files, {"cell": "hebb-wagner"}, geometry=SIZE, confirm_temperatures=True)
    (electrons,) = by_name(result, "electronic_conductivity_electrons")
    assert isinstance(electrons.quantity, Unresolved)
    assert "do not show electrons" in electrons.quantity.reason


@pytest.mark.parametrize("t_plus", [0.2, 0.35, 1.0])
def test_transference_number_of_bruce_vincent_and_evans(tmp_path, t_plus: float) -> None:
    from attrs import evolve

    truth = evolve(TRANSFERENCE, transference=t_plus)
    result = api.analyse("cycling", written(tmp_path, polarised(truth)), {"cell": "polarised"})
    (found,) = by_name(result, "transference_number_bve")
    assert isinstance(found.quantity, Estimate)
    # The spectra end at 0.05 Hz, the electrolyte is an ohmic resistance: the ends of the spectra are the interfaces.
    assert found.quantity.value == pytest.approx(t_plus, rel=0.01)
    assert found.condition("voltage_V") == pytest.approx(0.01)
    assert not {"polarisation-start-doubtful", "transference-outside", "current-not-steady"} & {
        f.code for f in result.findings
    }


def test_what_is_missing_is_named_and_nothing_else_is_withheld(tmp_path, staircase_at_60C) -> None:
    def missing(files, cell: str, **more) -> str:
        result = api.analyse("cycling", files, {"cell": cell}, **more)
        return " | ".join(f"{w.what}: {w.missing}" for w in result.withheld)

    assert "the thickness of the pellet and the area of the electrode" in missing(staircase_at_60C, "blocking")
    no_temperature = written(tmp_path / "a", {"Li_SE_Au.mpt": stairs()})
    assert "the temperature of the cell" in missing(no_temperature, "hebb-wagner", geometry=SIZE)
    one_voltage = written(
        tmp_path / "b", {"Li_SE_Au_60C.mpt": stairs(StaircaseTruth(**{**_fields(STAIRCASE), "voltages_V": (0.2,)}))}
    )
    assert "three positive voltages (1 found)" in missing(
        one_voltage, "hebb-wagner", geometry=SIZE, confirm_temperatures=True
    )
    turned = written(
        tmp_path / "c",
        {"Li_SE_Au_60C.mpt": stairs(StaircaseTruth(**{**_fields(STAIRCASE), "voltages_V": (-0.1, -0.2, -0.3)}))},
    )
    assert "three positive voltages (0 found)" in missing(
        turned, "hebb-wagner", geometry=SIZE, confirm_temperatures=True
    )
    only_run = written(tmp_path / "d", {"cell_25C_02_CA.mpt": polarised()["cell_25C_02_CA.mpt"]})
    told = missing(only_run, "polarised")
    assert "a spectrum before the polarisation" in told
    assert "a spectrum after the polarisation" in told


def _fields(truth: StaircaseTruth) -> dict:
    import attrs

    return attrs.asdict(truth)


def test_doubtful_polarisations_are_said(tmp_path) -> None:
    from attrs import evolve

    def codes(truth: TransferenceTruth, folder: str) -> set[str]:
        result = api.analyse("cycling", written(tmp_path / folder, polarised(truth)), {"cell": "polarised"})
        return {f.code for f in result.findings}

    assert "polarisation-not-linear" in codes(evolve(TRANSFERENCE, voltage_V=0.1), "a")
    assert "current-not-steady" in codes(evolve(TRANSFERENCE, relaxation_s=20000.0), "b")
    wrong = evolve(TRANSFERENCE, interface_start_ohm=1e-6, interface_end_ohm=1e-6, transference=1.4)
    assert "transference-outside" in codes(wrong, "d")


def test_a_recorder_that_comes_late_misses_the_first_current(tmp_path) -> None:
    run = transference_run(TRANSFERENCE, np.random.default_rng(8))
    late = CellRun(
        time_s=run.time_s[60:], voltage_V=run.voltage_V[60:], current_A=run.current_A[60:], spectra=run.spectra
    )
    files = {
        "a_01.mpt": spectra_mpt(late, comment="simulated"),
        "a_02.mpt": chronoamperometry_mpt(late, comment="simulated"),
    }
    result = api.analyse("cycling", written(tmp_path, files), {"cell": "polarised"})
    (said,) = [f for f in result.findings if f.code == "polarisation-start-doubtful"]
    assert "Record faster" in said.sentence


def test_a_study_has_all_three_by_its_columns_and_roles(tmp_path) -> None:
    cell = symmetric_cell_run(
        SymmetricCellTruth(
            pellet_resistance_ohm=400.0,
            interface_resistance_ohm=150.0,
            slow_fraction=0.0,
            current_A=2e-5,
            step_s=3600,
            steps=6,
        ),
        np.random.default_rng(1),
    )
    blocking = PolarisationTruth(voltage_V=0.1, ionic_current_A=2e-7, electronic_current_A=2e-10, noise_A=1e-12)
    run = transference_run(TRANSFERENCE, np.random.default_rng(8))
    spectra = [
        CellRun(time_s=run.time_s, voltage_V=run.voltage_V, current_A=run.current_A, spectra=(one,))
        for one in run.spectra
    ]
    written(
        tmp_path / "raw",
        {
            "Au.mpt": chronoamperometry_mpt(polarisation_run(blocking, np.random.default_rng(2)), comment="simulated"),
            "HW.mpt": stairs(),
            "Li_cycling.mpt": gcpl_mpt(cell, comment="simulated"),
            "Li_dc.mpt": chronoamperometry_mpt(run, comment="simulated"),
            "Li_before.mpt": spectra_mpt(spectra[0], comment="simulated"),
            "Li_after.mpt": spectra_mpt(spectra[1], comment="simulated"),
        },
    )
    (tmp_path / "study.toml").write_text('title = "direct voltage"\n', encoding="utf-8")
    (tmp_path / "samples.csv").write_text(
        "sample,cell,thickness,electrode_area\n"
        "Au dc,blocking,1.00(1) mm,0.500(5) cm2\n"
        "Li-SE-Au,hebb-wagner,1.00(1) mm,0.500(5) cm2\n"
        "Li-Li,symmetric,1.00(1) mm,0.500(5) cm2\n",
        encoding="utf-8",
    )
    (tmp_path / "files.csv").write_text(
        "file,sample,temperature,temperature_source,role\n"
        "raw/Au.mpt,Au dc,25 °C,typed,\n"
        "raw/HW.mpt,Li-SE-Au,60 °C,typed,\n"
        "raw/Li_cycling.mpt,Li-Li,25 °C,typed,\n"
        "raw/Li_dc.mpt,Li-Li,25 °C,typed,polarisation\n"
        "raw/Li_before.mpt,Li-Li,25 °C,typed,before\n"
        "raw/Li_after.mpt,Li-Li,25 °C,typed,after\n",
        encoding="utf-8",
    )
    result = api.run(tmp_path, jobs=1)
    found = {(q.sample, q.name): q for q in result.quantities if q.technique == "cycling"}
    assert found["Au dc", "electronic_conductivity"].quantity.value == pytest.approx(4e-8, rel=5e-3)
    assert found["Li-SE-Au", "electronic_conductivity_holes"].quantity.value == pytest.approx(3e-13, rel=0.01)
    assert found["Li-Li", "transference_number_bve"].quantity.value == pytest.approx(0.35, rel=0.01)
    # The cycling of that cell has its steps, and none of the polarisation.
    assert found["Li-Li", "resistance_dc"].quantity.value == pytest.approx(550.0, rel=0.01)
    (technique,) = [r for r in result.results if r.sample == "Li-Li" and r.technique == "cycling"]
    assert len(technique.result.steps) == 6
