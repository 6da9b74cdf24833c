"""The fit of a region: exact data come back exactly, errors are those of repetition, an independent program finds the same."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from pelletry.techniques.xps.model.backgrounds import cumulative_integral, shirley_background
from pelletry.techniques.xps.model.components import Component, layout_of
from pelletry.techniques.xps.model.fit import SLOPE, STEP, active_terms, fit_variants
from pelletry.techniques.xps.model.shapes import voigt

ENERGY = np.arange(450.0, 472.001, 0.1)
TRUE = {"Ti4+": (458.9, 9000.0), "Ti3+": (456.8, 1100.0)}


def components(**changed):
    return tuple(
        Component(
            name=name,
            level="Ti 2p",
            position_eV=position + 0.3,
            position_range_eV=1.0,
            splitting_eV=5.7,
            ratio=0.496,
            has_wide_partner=True,
            width_group="Ti 2p",
            **changed,
        )
        for name, (position, _) in TRUE.items()
    )


def spectrum(step=0.02, slope=3.0):
    total = np.zeros_like(ENERGY)
    for position, area in TRUE.values():
        for at, share, lorentz in ((position, 1.0, 0.3), (position + 5.7, 0.496, 1.1)):
            total += share * area * voigt(ENERGY, np.array([at]), np.array([1.0]), np.array([lorentz]))[0][0]
    return total + 400.0 + slope * (ENERGY - ENERGY[0]) + step * cumulative_integral(ENERGY, total)


def fitted(intensity, made=None, **options):
    layout = layout_of(made or components())
    sigma = np.sqrt(np.maximum(intensity, 1.0))
    return fit_variants(
        layout,
        ENERGY,
        intensity,
        static_backgrounds=np.zeros((1, len(ENERGY))),
        terms=active_terms((SLOPE, STEP))[None, :],
        weight=1.0 / sigma[None, :],
        is_counting=True,
        **options,
    )[0]


def test_a_spectrum_without_noise_comes_back_to_eight_digits():
    fit = fitted(spectrum())
    assert fit.is_converged
    for i, (position, area) in enumerate(TRUE.values()):
        assert fit.position_eV[i] == pytest.approx(position, abs=1e-6)
        assert fit.strength[i] == pytest.approx(1.496 * area, rel=1e-6)
    b0, b1, _, step = fit.active
    assert (b0, b1, step) == pytest.approx((400.0, 3.0, 0.02), rel=1e-5)
    assert fit.chi2 < 1e-6


def test_ties_hold_in_the_lines_that_were_fitted():
    fit = fitted(spectrum())
    main, partner = fit.lines[0], fit.lines[1]
    assert partner[1] - main[1] == pytest.approx(5.7, abs=1e-12)
    assert partner[0] / main[0] == pytest.approx(0.496, abs=1e-12)
    assert partner[2] == main[2]
    assert partner[3] == pytest.approx(1.1, abs=1e-4)
    assert fit.lines[2][2] == main[2]


def test_a_doublet_without_coster_kronig_decay_keeps_one_width():
    layout = layout_of((Component(name="LZP", level="Zr 3d", position_eV=184.0, splitting_eV=2.4, ratio=0.688),))
    assert [name for name in layout.names if name.startswith(("first", "second"))] == [
        "first component 0 voigt",
        "second component 0 voigt ",
    ]


def test_a_ratio_let_free_is_found():
    truth = spectrum()
    extra = 0.1 * TRUE["Ti4+"][1]
    truth += extra * voigt(ENERGY, np.array([464.6]), np.array([1.0]), np.array([1.1]))[0][0]
    made = components()
    made = (attrs.evolve(made[0], is_ratio_free=True), made[1])
    fit = fitted(truth, made)
    assert fit.partner_ratio[0] == pytest.approx(0.596, abs=0.01)


def test_stated_errors_are_those_of_repetition():
    rng = np.random.default_rng(7)
    clean = spectrum()
    pulls, positions = [], []
    for _ in range(80):
        fit = fitted(rng.poisson(clean).astype(float))
        std = np.sqrt(np.diag(fit.strength_covariance))
        pulls.append((fit.strength - 1.496 * np.array([9000.0, 1100.0])) / std)
        positions.append((fit.position_eV - np.array([458.9, 456.8])) / fit.position_std_eV)
    for found in (np.array(pulls), np.array(positions)):
        assert np.all(np.abs(found.mean(axis=0)) < 0.45)
        assert np.all((found.std(axis=0) > 0.75) & (found.std(axis=0) < 1.25))


def test_doubling_the_counts_doubles_areas_and_leaves_positions():
    once, twice = fitted(spectrum()), fitted(2.0 * spectrum())
    assert twice.strength == pytest.approx(2.0 * once.strength, rel=1e-6)
    assert twice.position_eV == pytest.approx(once.position_eV, abs=1e-6)


def test_a_position_at_the_end_of_its_range_is_told():
    made = tuple(
        Component(name=c.name, level=c.level, position_eV=c.position_eV + 3.0, position_range_eV=0.5)
        for c in components()[:1]
    )
    assert fitted(spectrum(), made).is_at_bound[0]


def test_lmfit_finds_the_same_minimum_with_the_same_static_background():
    lmfit = pytest.importorskip("lmfit")
    rng = np.random.default_rng(3)
    intensity = rng.poisson(spectrum()).astype(float)
    under = shirley_background(ENERGY, intensity).background
    weight = 1.0 / np.sqrt(np.maximum(intensity, 1.0))
    ours = fit_variants(
        layout_of(components()), ENERGY, intensity, static_backgrounds=under[None, :], terms=np.zeros((1, 4), dtype=bool),
        weight=weight[None, :], is_counting=True,
    )[0]  # fmt: skip

    def residual(p):
        v = p.valuesdict()
        model = np.zeros_like(ENERGY)
        for i in "ab":
            for at, area, lorentz in (
                (v[f"e{i}"], v[f"a{i}"], v["l"]),
                (v[f"e{i}"] + 5.7, 0.496 * v[f"a{i}"], v["l2"]),
            ):
                model += area * voigt(ENERGY, np.array([at]), np.array([v["g"]]), np.array([lorentz]))[0][0]
        return (model + under - intensity) * weight

    start = lmfit.Parameters()
    for name, value, low in (
        ("aa", 9000, 0), ("ab", 1000, 0), ("ea", 459.0, 457), ("eb", 456.9, 455), ("g", 1.1, 0.2), ("l", 0.4, 0), ("l2", 1.0, 0),
    ):  # fmt: skip
        start.add(name, value=value, min=low)
    theirs = lmfit.minimize(residual, start, ftol=1e-12, xtol=1e-12)
    assert ours.chi2 == pytest.approx(theirs.chisqr, rel=1e-6)
    assert ours.position_eV == pytest.approx([theirs.params["ea"].value, theirs.params["eb"].value], abs=1e-3)
    assert ours.strength == pytest.approx(
        [1.496 * theirs.params["aa"].value, 1.496 * theirs.params["ab"].value], rel=1e-3
    )
