"""Intercepts of label images whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from pelletry.techniques.microscopy.model.intercepts import (
    DIRECTIONS,
    chords_between_lines,
    chords_of_labels,
    mean_intercept,
    pooled_intercept,
    tile_sums,
)

Labels = np.ndarray[tuple[int, int], np.dtype[np.int32]]


def squares(side: int, count: int = 12) -> Labels:
    return (np.kron(np.arange(1, count * count + 1).reshape(count, count), np.ones((side, side)))).astype(np.int32)


@pytest.mark.parametrize("direction", [0, 90])
def test_squares_have_their_side_as_intercept(direction: int) -> None:
    chords = chords_of_labels(squares(17), direction)
    assert set(chords.length) == {17.0}
    assert len(chords.length) == 12 * 17 * 10  # two of twelve squares of each line touch the edge


def test_squares_along_the_diagonal_have_their_side_over_root_two() -> None:
    # Cauchy: area over the width seen from there, s^2/(s sqrt 2).
    # In pixels a square of side s is crossed by 2s - 1 diagonals.
    for direction in (45, 135):
        mean = mean_intercept(chords_of_labels(squares(40, 30), direction))
        assert mean.plain == pytest.approx(np.sqrt(2) * 40**2 / (2 * 40 - 1), rel=0.002)
        assert mean.plain == pytest.approx(40 / np.sqrt(2), rel=0.02)


def test_diagonals_are_followed_pixel_by_pixel() -> None:
    labels = np.arange(1, 26, dtype=np.int32).reshape(5, 5)
    for direction, step in ((135, 6), (45, -4)):
        chords = chords_of_labels(labels, direction)
        # Inner pixels that have neighbours on both sides of their diagonal, each a piece of one pixel.
        assert len(chords.length) == 9
        assert np.allclose(chords.length, np.sqrt(2))
        middle = labels[chords.row.astype(int), chords.column.astype(int)]
        assert set(middle) == {7, 8, 9, 12, 13, 14, 17, 18, 19}, step


def test_turning_the_picture_turns_the_directions() -> None:
    random = np.random.default_rng(0)
    labels = random.integers(1, 4, (40, 60)).astype(np.int32)
    turned = np.ascontiguousarray(np.rot90(labels))
    for before, after in ((0, 90), (45, 135), (90, 0), (135, 45)):
        one, two = chords_of_labels(labels, before), chords_of_labels(turned, after)
        assert sorted(one.length) == pytest.approx(sorted(two.length))


def test_pores_are_no_grains_and_end_a_piece() -> None:
    labels = np.array([[1, 1, 2, 2, 2, 0, 0, 3, 3, 3, 3, 4]], dtype=np.int32).repeat(3, axis=0)
    assert sorted(set(chords_of_labels(labels, 0).length)) == [3.0, 4.0]


def test_end_pieces_are_left_out_and_their_loss_is_made_good() -> None:
    """Windows as small as five grains: the plain mean loses long pieces, the weighted one does not."""
    random = np.random.default_rng(4)
    # Pieces of random length along rows: an exponential-like law with many long ones.
    rows, length = 400, 20_000
    cuts = random.random((rows, length)) < 1 / 30
    line = np.cumsum(cuts, axis=1).astype(np.int32) + 1
    whole = mean_intercept(chords_of_labels(line, 0)).plain
    window = np.ascontiguousarray(line[:, 5000:5150])
    cut = mean_intercept(chords_of_labels(window, 0))
    assert cut.plain < 0.9 * whole
    assert cut.mean == pytest.approx(whole, rel=0.05)


def test_stretching_a_picture_stretches_one_direction_only() -> None:
    labels = squares(20)
    wide = np.repeat(labels, 2, axis=1)
    assert mean_intercept(chords_of_labels(wide, 0)).mean == pytest.approx(40.0)
    assert mean_intercept(chords_of_labels(wide, 90)).mean == pytest.approx(20.0)


def test_interval_of_the_pooled_mean_holds_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(7)
    held = 0
    for _ in range(60):
        cuts = random.random((120, 300)) < 1 / 12
        labels = np.cumsum(cuts, axis=1).astype(np.int32) + 1
        chords = [chords_of_labels(labels, 0)]
        mean, std = pooled_intercept(tile_sums(chords, shape=(120, 300), side=30))
        assert std is not None
        held += abs(mean - 12.0) < 1.96 * std
    assert held >= 50  # 95 % of 60 are 57, less 3 standard deviations


def test_pieces_between_lines_reach_to_the_middle_of_the_lines() -> None:
    labels = squares(30)
    lines = np.zeros(labels.shape, dtype=bool)
    for shift in (-1, 0, 1):  # lines three pixels wide
        lines[:, np.clip(np.arange(30, 360, 30) + shift, 0, 359)] = True
    chords = chords_between_lines(lines, np.zeros_like(lines), 0)
    assert set(chords.length) == {30.0}


def test_every_direction_is_looked_at() -> None:
    assert DIRECTIONS == (0, 45, 90, 135)


@pytest.mark.parametrize("width", [1, 3, 5, 9, 13])
def test_squares_erode_and_dilate_as_scipys_filters(width: int) -> None:
    from scipy import ndimage

    from pelletry.techniques.microscopy.model.squares import dilated, eroded

    mask = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(60, 71)), 3) > 0
    structure = np.ones((width, width), dtype=bool)
    assert np.array_equal(eroded(mask, width), ndimage.binary_erosion(mask, structure, border_value=1))
    assert np.array_equal(dilated(mask, width), ndimage.binary_dilation(mask, structure))
