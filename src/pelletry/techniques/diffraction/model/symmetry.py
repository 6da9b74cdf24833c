"""Symmetry as small integer matrices: orbits, reflections, allowed cells and shifts."""

from __future__ import annotations

from functools import lru_cache

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array
from pelletry.techniques.diffraction.model.gemmi_door import load_gemmi
from pelletry.techniques.diffraction.model.structure import Cell, direct_metric, reciprocal_metric

__all__ = [
    "CELL_PARTS",
    "Group",
    "Reflections",
    "cell_basis",
    "cell_from_reciprocal_metric",
    "free_shifts",
    "group_of",
    "laue_rotations",
    "orbit",
    "polar_directions",
    "reduced_rows",
    "reflections_of",
]

_SAME_PLACE_ANGSTROM = 0.05
#: Places of the parameters of a cell in its reciprocal metric.
CELL_PARTS = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))
Integers = npt.NDArray[np.int64]


@attrs.frozen(kw_only=True, eq=False)
class Group:
    """Rotations (k, 3, 3) and translations (k, 3) of the group without centring; ``centring`` (c, 3) vectors, zero first."""

    rotations: Integers
    translations: Array
    centring: Array

    @property
    def order(self) -> int:
        """Operations including centring."""
        return len(self.rotations) * len(self.centring)


@attrs.frozen(kw_only=True, eq=False)
class Reflections:
    """Unique reflections: ``hkl`` (m, 3) and ``multiplicity`` (m,), by falling d."""

    hkl: Integers
    multiplicity: Integers


@lru_cache(maxsize=256)
def group_of(operations: tuple[str, ...]) -> Group:
    """The group of x,y,z triplets."""
    gemmi = load_gemmi()
    group = gemmi.GroupOps([gemmi.Op(text) for text in operations])
    den = 24
    return Group(
        rotations=np.array([op.rot for op in group.sym_ops], dtype=np.int64) // den,
        translations=np.array([op.tran for op in group.sym_ops], dtype=float) / den,
        centring=np.array(list(group.cen_ops), dtype=float).reshape(-1, 3) / den,
    )


def orbit(place: Array, operations: tuple[str, ...], cell: Cell) -> Array:
    """All different images of a place in one cell, shape (m, 3); images closer than 0.05 angstrom are one."""
    group = group_of(operations)
    images = (group.rotations @ place + group.translations)[:, None, :] + group.centring[None, :, :]
    metric = direct_metric(cell)
    kept = np.empty((0, 3))
    for image in images.reshape(-1, 3) % 1.0:
        if not len(kept) or _lengths2(kept - image, metric).min() > _SAME_PLACE_ANGSTROM**2:
            kept = np.vstack([kept, image])
    return kept


def _lengths2(shift: Array, metric: Array) -> Array:
    shift = shift - np.round(shift)
    squares: Array = np.einsum("ij,jk,ik->i", shift, metric, shift)
    return squares


def laue_rotations(operations: tuple[str, ...]) -> Integers:
    """Rotations of the Laue class acting on hkl as rows, both signs, shape (k, 3, 3)."""
    rotations = group_of(operations).rotations
    both = np.concatenate([rotations, -rotations])
    unique: Integers = np.unique(both.reshape(-1, 9), axis=0).reshape(-1, 3, 3)
    return unique


@lru_cache(maxsize=256)
def reflections_of(operations: tuple[str, ...], cell: Cell, d_min_angstrom: float) -> Reflections:
    """Unique reflections that symmetry allows, with d >= ``d_min_angstrom``."""
    limit = [int(np.floor(length / d_min_angstrom)) for length in cell[:3]]
    axes = [np.arange(-n, n + 1) for n in limit]
    hkl = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    hkl = hkl[len(hkl) // 2 + 1 :]  # one of each Friedel pair, without 000
    inverse_d2 = np.einsum("ij,jk,ik->i", hkl, reciprocal_metric(cell), hkl)
    hkl = hkl[inverse_d2 <= 1.0 / d_min_angstrom**2]
    hkl = hkl[~_absent(hkl, group_of(operations))]
    if not len(hkl):
        return Reflections(hkl=np.zeros((0, 3), dtype=np.int64), multiplicity=np.zeros(0, dtype=np.int64))
    rotations = laue_rotations(operations)
    span = 2 * int(np.abs(hkl).max()) * 3 + 1
    weights = np.array([span * span, span, 1], dtype=np.int64)
    codes = np.full(len(hkl), np.iinfo(np.int64).min)
    for rotation in rotations:
        np.maximum(codes, (hkl @ rotation) @ weights, out=codes)
    _, first, counts = np.unique(codes, return_index=True, return_counts=True)
    unique = _representatives(hkl[first], rotations, weights)
    order = np.argsort(np.einsum("ij,jk,ik->i", unique, reciprocal_metric(cell), unique), kind="stable")
    return Reflections(hkl=unique[order], multiplicity=2 * counts[order])


def _representatives(hkl: Integers, rotations: Integers, weights: Integers) -> Integers:
    best: Integers = hkl.copy()
    codes = best @ weights
    for rotation in rotations:
        image = hkl @ rotation
        code = image @ weights
        better = code > codes
        best[better], codes[better] = image[better], code[better]
    return best


def _absent(hkl: Integers, group: Group) -> npt.NDArray[np.bool_]:
    absent = np.zeros(len(hkl), dtype=bool)
    for vector in group.centring[1:]:
        absent |= _is_fraction(hkl @ vector)
    for rotation, translation in zip(group.rotations, group.translations, strict=True):
        stays = np.all(hkl @ rotation == hkl, axis=1)
        for vector in group.centring:
            absent |= stays & _is_fraction(hkl @ (translation + vector))
    return absent


def _is_fraction(phase: Array) -> npt.NDArray[np.bool_]:
    return np.abs(phase - np.round(phase)) > 1e-3


def reduced_rows(rows: Array) -> Array:
    """Reduced row echelon form without zero rows."""
    matrix = rows.copy()
    row = 0
    for column in range(matrix.shape[1]):
        if row == len(matrix):
            break
        pivot = row + int(np.argmax(np.abs(matrix[row:, column])))
        if abs(matrix[pivot, column]) < 1e-6:
            continue
        matrix[[row, pivot]] = matrix[[pivot, row]]
        matrix[row] /= matrix[row, column]
        others = [i for i in range(len(matrix)) if i != row]
        matrix[others] -= np.outer(matrix[others, column], matrix[row])
        row += 1
    kept: Array = matrix[:row]
    return kept


@lru_cache(maxsize=256)
def cell_basis(operations: tuple[str, ...]) -> tuple[Array, tuple[int, ...]]:
    """Reciprocal metrics that symmetry allows: basis (k, 3, 3) and, for each, the part (of g11 g22 g33 g12 g13 g23) it equals."""
    units = np.zeros((6, 3, 3))
    for number, (i, j) in enumerate(CELL_PARTS):
        units[number, i, j] = units[number, j, i] = 1.0
    rotations = laue_rotations(operations).astype(float)
    mean = np.array([np.mean(rotations @ unit @ rotations.transpose(0, 2, 1), axis=0) for unit in units])
    rows = reduced_rows(np.array([[metric[i, j] for i, j in CELL_PARTS] for metric in mean]))
    pivots = tuple(int(np.flatnonzero(np.abs(row) > 0.5)[0]) for row in rows)
    return np.einsum("kn,nij->kij", rows, units), pivots


def cell_from_reciprocal_metric(metric: Array) -> Cell:
    """a, b, c [angstrom], alpha, beta, gamma [deg] of a reciprocal metric (3, 3)."""
    direct = np.linalg.inv(metric)
    a, b, c = np.sqrt(np.diag(direct))
    angles = np.degrees(np.arccos([direct[1, 2] / (b * c), direct[0, 2] / (a * c), direct[0, 1] / (a * b)]))
    return (float(a), float(b), float(c), float(angles[0]), float(angles[1]), float(angles[2]))


def free_shifts(place: Array, operations: tuple[str, ...], cell: Cell) -> tuple[Array, Array]:
    """The exact place of a site (special positions made exact) and the shifts symmetry leaves free, shape (k, 3)."""
    group = group_of(operations)
    metric = direct_metric(cell)
    images: list[Array] = []
    turns: list[Array] = []
    for rotation, translation in zip(group.rotations, group.translations, strict=True):
        for vector in group.centring:
            shift = rotation @ place + translation + vector - place
            whole = np.round(shift)
            if _lengths2(shift[None], metric)[0] < _SAME_PLACE_ANGSTROM**2:
                images.append(place + shift - whole)
                turns.append(rotation.astype(float))
    projector = np.mean(turns, axis=0)
    return np.mean(images, axis=0), reduced_rows(projector.T)


def polar_directions(operations: tuple[str, ...]) -> Array:
    """Directions along which the origin is free, shape (k, 3); none for most groups."""
    return reduced_rows(np.mean(group_of(operations).rotations.astype(float), axis=0).T)
