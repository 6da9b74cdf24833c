"""Analytic derivatives of every parameter against five-point difference quotients, to 1e-6 of each column's largest value."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from pelletry.techniques.diffraction.model.beam_path import BeamPath
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.options import (
    AngleRestraint,
    DistanceRestraint,
    Hump,
    RefineOptions,
    Texture,
    Tie,
)
from pelletry.techniques.diffraction.model.problem import Problem
from pelletry.techniques.diffraction.model.radiation import radiation_of
from pelletry.techniques.diffraction.model.structure import Structure, structure_from_cif

pytest.importorskip("gemmi")
pytest.importorskip("numba")

CELL_TAGS = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")


def structure(name: str, group: str, cell: tuple[float, ...], sites: str) -> Structure:
    head = "\n".join(f"_cell_{tag} {value}" for tag, value in zip(CELL_TAGS, cell, strict=True))
    columns = ("label", "type_symbol", "fract_x", "fract_y", "fract_z", "occupancy", "B_iso_or_equiv")
    loop = "\n".join(f"_atom_site_{column}" for column in columns)
    return structure_from_cif(
        f"data_x\n{head}\n_symmetry_space_group_name_H-M '{group}'\nloop_\n{loop}\n{sites}\n", name=name
    )


# Framework of LiTi2(PO4)3 with Al on the Ti site.
NASICON = structure(
    "A",
    "R -3 c:H",
    (8.49, 8.49, 20.78, 90, 90, 120),
    "Ti1 Ti 0 0 0.1415 0.8 0.45\nAl1 Al 0 0 0.1415 0.2 0.45\nP1 P 0.2895 0 0.25 1 0.5\n"
    "O1 O 0.1842 0.9926 0.1892 1 0.9\nO2 O 0.189 0.1644 0.0811 1 0.9",
)
# No special place, six cell parameters; not a real compound.
TRICLINIC = structure(
    "T",
    "P -1",
    (6.1, 7.2, 8.3, 83, 96, 102),
    "Zr1 Zr 0.21 0.32 0.13 1 0.4\nP1 P 0.71 0.12 0.33 1 0.6\nO1 O 0.4 0.6 0.8 1 1",
)

X = np.arange(14.0, 74.0, 0.03)


def problem_with(structures: list[Structure], options: RefineOptions, values: dict[str, float]) -> Problem:
    instrument = Instrument(
        radiation=radiation_of("Cu", monochromator_two_theta_deg=26.6),
        radius_m=0.2, U=0.01, V=-0.005, W=0.006, X=0.03, Y=0.05, axial_divergence=0.025,
    )  # fmt: skip
    problem = Problem(X, structures, instrument, options, background_terms=4)
    for s in structures:
        problem.parameters[f"{s.name}:scale"] = 1e-3
    problem.parameters["displacement_m"] = 5e-5
    for name, value in values.items():
        problem.parameters[name] = value
    return problem


def problem_of_a_known_beam(values: dict[str, float]) -> Problem:
    path = BeamPath(
        radius_m=0.2, source_length_m=0.012, sample_length_m=0.015, slit_length_m=0.010, soller_incident_deg=5.0,
        soller_diffracted_deg=4.0, divergence_deg=0.8,
    )  # fmt: skip
    instrument = Instrument(
        radiation=radiation_of("Cu", has_line_shapes=True),
        radius_m=0.2,
        U=0.004,
        V=-0.002,
        W=0.004,
        X=0.02,
        Y=0.02,
        beam_path=path,
    )
    # Low, middle and high angles, as each has its own table of rays.
    x = np.concatenate([np.arange(23.5, 26.5, 0.04), np.arange(60.0, 62.5, 0.04), np.arange(138.0, 140.5, 0.04)])
    problem = Problem(x, [NASICON], instrument, RefineOptions(), background_terms=2)
    problem.parameters["A:scale"] = 1e-3
    for name, value in values.items():
        problem.parameters[name] = value
    return problem


def worst_of(problem: Problem, names: list[str]) -> dict[str, float]:
    problem.free(names)
    at = problem.parameters.reduced
    problem.hold_frames(True)
    curve, slopes = problem.evaluate(at)
    slopes = slopes.copy()
    errors = {}

    def curve_at(k: int, step: float) -> np.ndarray:
        moved = at.copy()
        moved[k] += step
        return problem.evaluate(moved, with_slopes=False)[0].copy()

    for k, name in enumerate(problem.parameters.free_names):
        best = np.inf
        for relative in (3e-3, 3e-4, 3e-5, 1e-6):
            step = relative * float(np.linalg.norm(curve) / np.linalg.norm(slopes[k]))
            quotient = (
                8 * (curve_at(k, step) - curve_at(k, -step)) - (curve_at(k, 2 * step) - curve_at(k, -2 * step))
            ) / (12 * step)
            best = min(best, float(np.abs(quotient - slopes[k]).max() / np.abs(slopes[k]).max()))
        errors[name] = best
    return errors


def test_every_parameter_of_a_phase_with_everything_on() -> None:
    options = RefineOptions(
        size_strain="direction", texture=(Texture(phase="A", axis=(0, 0, 1)),), has_air_term=True, absorption_mu_t=0.7,
        humps=(Hump(two_theta_deg=25.0, width_deg=8.0),), extra_lines=frozenset({"Kb", "W"}),
    )  # fmt: skip
    values = {
        "A:X": 0.02, "A:Y": 0.03, "A:X_along": 0.01, "A:march": 0.8, "A:B": 0.1, "hump0:height": 3e3, "air": 2e3, "bg0": 1e3,
        "transparency_deg": 0.01, "zero_deg": 0.02, "line:Kb": 0.02, "line:W": 0.02,
    }  # fmt: skip
    problem = problem_with([NASICON], options, values)
    errors = worst_of(problem, problem.parameters.names)
    assert len(errors) == len(problem.parameters.names) > 40
    assert {name: e for name, e in errors.items() if e > 1e-6} == {}


def test_a_known_beam_and_natural_lines() -> None:
    problem = problem_of_a_known_beam({"displacement_m": 5e-5, "transparency_deg": 0.01, "A:X": 0.01, "A:Y": 0.02})
    names = [
        "axial",
        "displacement_m",
        "transparency_deg",
        "zero_deg",
        "U",
        "V",
        "W",
        "X",
        "Y",
        "line:Ka2",
        "A:cell0",
        "A:cell1",
        "A:X",
    ]
    errors = worst_of(problem, names)
    assert set(errors) == set(names)
    assert {name: e for name, e in errors.items() if e > 1e-6} == {}
    tied = problem.parameters.full(problem.parameters.reduced * 2.0)
    at = problem.parameters.index
    assert tied[at("line:Ka22")] / tied[at("line:Ka2")] == pytest.approx(0.105 / 0.236)


def test_six_cell_parameters_and_general_positions() -> None:
    problem = problem_with([TRICLINIC], RefineOptions(), {})
    errors = worst_of(problem, [n for n in problem.parameters.names if n.startswith("T:")])
    assert {name: e for name, e in errors.items() if e > 1e-6} == {}


def test_anisotropic_strain_of_stephens() -> None:
    problem = problem_with([NASICON], RefineOptions(size_strain="stephens"), {})
    names = [n for n in problem.parameters.names if n.startswith("A:S") or ":cell" in n]
    assert len([n for n in names if ":S" in n]) == 4  # -3m: S400, S202, S004, S301 in the tables
    assert {name: e for name, e in worst_of(problem, names).items() if e > 1e-6} == {}


def test_tied_parameters_move_together() -> None:
    two = [NASICON, TRICLINIC]
    problem = problem_with(two, RefineOptions(), {"A:X": 0.02, "T:X": 0.04})
    problem.parameters.tie(Tie(names=("A:X", "T:X")).names)
    errors = worst_of(problem, ["A:X", "A:scale", "T:scale"])
    assert set(errors) == {"A:X", "A:scale", "T:scale"}
    assert max(errors.values()) < 1e-6
    assert problem.parameters.full(np.array([1e-3, 0.05, 1e-3]))[problem.parameters.index("T:X")] == pytest.approx(0.1)


def test_restrained_bonds_and_their_slopes() -> None:
    restraint = DistanceRestraint(phase="A", first="P", second="O", distance_angstrom=1.53, std_angstrom=0.01)
    problem = problem_with([NASICON], RefineOptions(restraints=(restraint,)), {})
    p = problem.parameters
    p.set_free([n for n in p.names if n.startswith(("A:O", "A:P"))])
    at = p.reduced
    residuals, slopes = problem.restraints.residuals(p, at)
    # Four bonds: two to O1 and two to O2; 1.527 to 1.535 angstrom in the published structure.
    assert len(residuals) == 4
    assert 1.53 + 0.01 * residuals == pytest.approx(1.53, abs=0.012)
    for k in range(at.size):
        step = np.zeros_like(at)
        step[k] = 1e-6
        quotient = (
            problem.restraints.residuals(p, at + step)[0] - problem.restraints.residuals(p, at - step)[0]
        ) / 2e-6
        assert slopes[k] == pytest.approx(quotient, abs=1e-4 * np.abs(slopes).max())


@pytest.mark.parametrize("kind", ["linear", "spline"])
def test_background_between_nodes(kind: Literal["linear", "spline"]) -> None:
    nodes = (15.0, 20.0, 31.0, 44.0, 58.0, 72.0)
    options = RefineOptions(background=kind, background_nodes_deg=nodes, has_air_term=True)
    problem = problem_with([NASICON], options, {f"bg{k}": 500.0 - 60.0 * k for k in range(6)})
    names = [n for n in problem.parameters.names if n.startswith("bg") or n == "air"]
    assert len(names) == 7
    assert {name: e for name, e in worst_of(problem, names).items() if e > 1e-6} == {}
    # at its nodes it has the values of its parameters, whatever lies between; beyond them it stays
    problem.parameters["air"] = 0.0
    at = problem.background.on(np.array([*nodes, 14.0, 74.0]), problem.parameters.values)
    np.testing.assert_allclose(at, [500.0, 440.0, 380.0, 320.0, 260.0, 200.0, 500.0, 200.0])


def test_a_spline_follows_what_lines_cut_short() -> None:
    """A parabola: a natural spline bends at the ends only, lines everywhere."""
    x = np.linspace(14.0, 74.0, 500)
    errors = {}
    for kind in ("linear", "spline"):
        problem = problem_with(
            [NASICON], RefineOptions(background=kind, background_nodes_deg=tuple(np.linspace(14, 74, 9))), {}
        )
        for k, node in enumerate(np.linspace(14, 74, 9)):
            problem.parameters[f"bg{k}"] = (node - 40.0) ** 2
        inner = (x > 29) & (x < 59)
        errors[kind] = float(np.abs(problem.background.on(x, problem.parameters.values) - (x - 40.0) ** 2)[inner].max())
    assert errors["linear"] == pytest.approx(7.5**2 / 4, rel=0.02)  # the sagitta of a chord
    assert errors["spline"] < 0.1 * errors["linear"]


def test_restrained_angles_and_their_slopes() -> None:
    restraint = AngleRestraint(phase="A", centre="P", outer="O", angle_deg=109.47, std_deg=1.0)
    problem = problem_with([NASICON], RefineOptions(restraints=(restraint,)), {})
    p = problem.parameters
    p.set_free([n for n in p.names if n.startswith(("A:O", "A:P"))])
    at = p.reduced
    residuals, slopes = problem.restraints.residuals(p, at)
    assert len(residuals) == 6  # of a tetrahedron
    assert np.mean(109.47 + residuals) == pytest.approx(109.47, abs=0.2)
    assert np.abs(residuals).max() < 6
    for k in range(at.size):
        step = np.eye(at.size)[k] * 1e-5
        far, near = (
            problem.restraints.residuals(p, at + n * step)[0] - problem.restraints.residuals(p, at - n * step)[0]
            for n in (2, 1)
        )
        np.testing.assert_allclose(slopes[k], (8 * near - far) / 12e-5, atol=1e-6 * np.abs(slopes).max())
