"""The R-3c frameworks of class D: distance least squares from the cell alone gives the coordinates of the entry, and nearly a published one.

What is aimed at: mean distances M-O and P-O as sums of effective radii (Shannon1976: O with two neighbours 1.35, Ti 0.605, Zr 0.72, Ge 0.53,
Al 0.535, Cr 0.615, P 0.17 angstrom), O1 nearer to M than O2, which lithium shares: bonds of 2 - 5/4 and 2 - 5/4 - 1/6 valence units lie
0.37 ln(0.750 / 0.583) angstrom apart (BrownAltermatt1985); edges of regular tetrahedra (weight 0.3) and octahedra (weight 0.2).
"""

import math

import pytest

from pelletry.reference.phases import phase

OXYGEN, PHOSPHORUS = 1.35, 0.17
RADII = {"Ti": 0.605, "Zr": 0.72, "Ge": 0.53, "Al": 0.535, "Cr": 0.615}
METALS = {"ltp": {"Ti": 1.0}, "latp": {"Ti": 0.8, "Al": 0.2}, "lzp-r3c": {"Zr": 1.0}, "lagp": {"Ge": 0.75, "Al": 0.25}}
APART = 0.37 * math.log((2 - 5 / 4) / (2 - 5 / 4 - 1 / 6))
PLACES = ("M.z", "P.x", "O1.x", "O1.y", "O1.z", "O2.x", "O2.y", "O2.z")
#: Published coordinates of this type, Na3Cr2(PO4)3 (Lucazeau et al. 1986, COD 1008846; z of O2 was not seen).
CHROMIUM_CELL = (8.6476, 8.6476, 21.6169, 90.0, 90.0, 120.0)
CHROMIUM = (0.1465, 0.2911, 0.1746, -0.0306, 0.1934, 0.1925, 0.1675, 0.085)


def derived(cell, to_metal, start):
    """The eight free coordinates that fit the distances best; which atoms are neighbours is read from ``start`` once."""
    np = pytest.importorskip("numpy")
    gemmi = pytest.importorskip("gemmi")
    optimize = pytest.importorskip("scipy.optimize")
    to_phosphorus = PHOSPHORUS + OXYGEN
    orthogonal = np.array(gemmi.UnitCell(*cell).orth.mat.tolist())
    group = gemmi.find_spacegroup_by_name("R -3 c:H").operations()
    steps = [(i, j, k) for i in (-1, 0, 1) for j in (-1, 0, 1) for k in (-1, 0, 1)]
    images = [
        (np.array(o.rot) / 24.0, np.array(o.tran) / 24.0 + np.array(s, dtype=float)) for o in group for s in steps
    ]

    def places(x):
        return np.array([0.0, 0.0, x[0]]), np.array([x[1], 0.0, 0.25]), (np.array(x[2:5]), np.array(x[5:8]))

    def nearest(place, atom, number):
        vectors = np.array([r @ atom + t - place for r, t in images])
        kept = []
        for i in np.argsort(np.linalg.norm(vectors @ orthogonal.T, axis=1)):
            if all(np.abs(vectors[i] - vectors[j]).max() > 1e-6 for j in kept):
                kept.append(i)
            if len(kept) == number:
                return [images[i] for i in kept]
        raise AssertionError("too few neighbours")

    metal, phosphorus, oxygens = places(start)
    of_metal = [nearest(metal, o, 3) for o in oxygens]
    of_phosphorus = [nearest(phosphorus, o, 2) for o in oxygens]

    def bonds(x):
        m, p, atoms = places(x)
        near_m = [
            np.array([r @ o + t - m for r, t in ops]) @ orthogonal.T for o, ops in zip(atoms, of_metal, strict=True)
        ]
        near_p = [
            np.array([r @ o + t - p for r, t in ops]) @ orthogonal.T
            for o, ops in zip(atoms, of_phosphorus, strict=True)
        ]
        return near_m, near_p

    corners = np.concatenate(bonds(start)[0])
    edges = [(i, j) for i in range(6) for j in range(i) if np.linalg.norm(corners[i] - corners[j]) < 1.7 * to_metal]
    assert len(edges) == 12

    def misfit(x):
        near_m, near_p = bonds(x)
        found = [np.linalg.norm(v, axis=1) - to_metal - s * APART / 2 for v, s in zip(near_m, (-1, 1), strict=True)]
        found += [np.linalg.norm(v, axis=1) - to_phosphorus for v in near_p]
        octahedron, tetrahedron = np.concatenate(near_m), np.concatenate(near_p)
        around_m = [np.linalg.norm(octahedron[i] - octahedron[j]) - to_metal * 2**0.5 for i, j in edges]
        around_p = [
            np.linalg.norm(tetrahedron[i] - tetrahedron[j]) - to_phosphorus * (8 / 3) ** 0.5
            for i in range(4)
            for j in range(i)
        ]
        return np.concatenate([*found, 0.2 * np.array(around_m), 0.3 * np.array(around_p)])

    return optimize.least_squares(misfit, start, xtol=1e-12, ftol=1e-12, gtol=1e-12).x


def coordinates(entry):
    atoms = {line.split()[0]: [float(x) for x in line.split()[2:5]] for line in entry.cif.splitlines()[-8:] if line}
    metal = next(place for label, place in atoms.items() if label in ("Ti1", "Ge1", "Zr1"))
    return [metal[2], atoms["P1"][0], *atoms["O1"], *atoms["O2"]]


def to_metal_of(metals):
    return sum(share * RADII[element] for element, share in metals.items()) + OXYGEN


@pytest.mark.parametrize("key", METALS)
@pytest.mark.parametrize(
    "start", [CHROMIUM, (0.14, 0.29, 0.18, 0.005, 0.19, 0.19, 0.165, 0.081)], ids=["published", "round"]
)
def test_distances_alone_give_the_coordinates_of_the_entry_from_any_start(key, start):
    entry = phase(key)
    assert entry.reliability == "D"
    found = derived(entry.cell, to_metal_of(METALS[key]), start)
    apart = {name: abs(a - b - round(a - b)) for name, a, b in zip(PLACES, found, coordinates(entry), strict=True)}
    assert max(apart.values()) < 1e-4, apart


def test_distances_alone_come_near_a_published_structure():
    found = derived(CHROMIUM_CELL, to_metal_of({"Cr": 1.0}), (0.14, 0.29, 0.18, 0.005, 0.19, 0.19, 0.165, 0.081))
    apart = {name: abs(a - b - round(a - b)) for name, a, b in zip(PLACES, found, CHROMIUM, strict=True)}
    assert apart.pop("O2.z") < 0.01  # not seen
    assert apart.pop("O1.y") < 0.012  # the twist of the stiff units is soft
    assert max(apart.values()) < 0.005, apart
