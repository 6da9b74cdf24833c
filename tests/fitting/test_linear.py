"""Small linear problems in large numbers against library solutions."""

from __future__ import annotations

import numpy as np
from scipy.optimize import nnls

from pelletry.fitting.linear import nonnegative_amplitudes, solve_positive_definite


def test_elimination_agrees_with_the_library_for_every_system() -> None:
    random = np.random.default_rng(1)
    rows = random.normal(size=(50, 5, 12))
    matrices = rows @ rows.transpose(0, 2, 1)
    right = random.normal(size=(50, 5))
    found = solve_positive_definite(np.moveaxis(matrices, 0, 2).copy(), right.T.copy())
    np.testing.assert_allclose(found.T, np.linalg.solve(matrices, right[:, :, None])[:, :, 0], rtol=1e-9)


def test_amplitudes_are_non_negative_and_as_good_as_exact_ones() -> None:
    random = np.random.default_rng(2)
    columns = random.normal(size=(200, 4, 15))
    columns /= np.linalg.norm(columns, axis=2, keepdims=True)
    data = random.normal(size=(200, 15))
    gram = columns @ columns.transpose(0, 2, 1)
    projection = (columns @ data[:, :, None])[:, :, 0]
    amplitude, decrease = nonnegative_amplitudes(np.moveaxis(gram, 0, 2), projection.T)
    exact = np.array([(data[i] ** 2).sum() - nnls(columns[i].T, data[i])[1] ** 2 for i in range(200)])
    assert (amplitude >= 0.0).all()
    assert (decrease <= exact + 1e-6).all()
    assert np.mean(np.isclose(decrease, exact, rtol=1e-5, atol=1e-6)) > 0.9
