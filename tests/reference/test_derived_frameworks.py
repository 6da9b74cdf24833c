"""Entries of class D with the R-3c framework: distance least squares find their coordinates from cell and bond lengths alone."""

import pytest

from pelletry.reference.phases import phase

#: Mean M-O distance aimed at (angstrom), what the octahedra of the entry have, and how far apart (of an edge) the two may be: the tilt of
#: stiff units is soft, most of all in the small cell of LAGP.
FRAMEWORKS = {"ltp": (1.93, 0.012), "latp": (1.925, 0.012), "lzp-r3c": (2.065, 0.012), "lagp": (1.865, 0.02)}
#: Where another framework of the type has its atoms (Zr z; P x; O1; O2), for the start.
PLACES = ("M.z", "P.x", "O1.x", "O1.y", "O1.z", "O2.x", "O2.y", "O2.z")
START = (0.1456, 0.2909, 0.186, 0.986, 0.195, 0.1913, 0.1686, 0.0871)


def coordinates(entry):
    atoms = {line.split()[0]: [float(x) for x in line.split()[2:5]] for line in entry.cif.splitlines()[-8:] if line}
    metal = next(place for label, place in atoms.items() if label in ("Ti1", "Ge1", "Zr1"))
    return [metal[2], atoms["P1"][0], *atoms["O1"], *atoms["O2"]]


def neighbours(np, orthogonal, operations, place, other, number):
    steps = np.array([[i, j, k] for i in (-1, 0, 1) for j in (-1, 0, 1) for k in (-1, 0, 1)], dtype=float)
    images = np.concatenate([(r @ other + t)[None] - place + steps for r, t in operations])
    vectors = np.unique(np.round(images, 9), axis=0) @ orthogonal.T
    lengths = np.linalg.norm(vectors, axis=1)
    return vectors[np.argsort(lengths)[:number]]


@pytest.mark.parametrize("key", FRAMEWORKS)
def test_distances_alone_find_the_coordinates(key):
    np = pytest.importorskip("numpy")
    gemmi = pytest.importorskip("gemmi")
    optimize = pytest.importorskip("scipy.optimize")
    entry = phase(key)
    assert entry.reliability == "D"
    orthogonal = np.array(gemmi.UnitCell(*entry.cell).orth.mat.tolist())
    group = gemmi.find_spacegroup_by_name(entry.space_group).operations()
    operations = [(np.array(o.rot) / 24.0, np.array(o.tran) / 24.0) for o in group]
    (to_metal, tolerance), to_phosphorus = FRAMEWORKS[key], 1.53

    def misfit(x):
        oxygens = (np.array(x[2:5]), np.array(x[5:8]))
        metal, phosphorus = np.array([0.0, 0.0, x[0]]), np.array([x[1], 0.0, 0.25])
        near_metal = np.concatenate([neighbours(np, orthogonal, operations, metal, o, 3) for o in oxygens])
        near_p = np.concatenate([neighbours(np, orthogonal, operations, phosphorus, o, 2) for o in oxygens])
        edges_p = [near_p[i] - near_p[j] for i in range(4) for j in range(i)]
        edges_m = [near_metal[i] - near_metal[j] for i in range(6) for j in range(i)]
        edges_m = [e for e in edges_m if np.linalg.norm(e) < 1.7 * to_metal]  # not the diagonals
        aims = [(near_metal, to_metal, 1.0), (near_p, to_phosphorus, 1.0)]
        aims += [(np.array(edges_p), to_phosphorus * (8 / 3) ** 0.5, 0.3), (np.array(edges_m), to_metal * 2**0.5, 0.3)]
        return np.concatenate([w * (np.linalg.norm(v, axis=1) - aim) for v, aim, w in aims])

    found = optimize.least_squares(misfit, START).x
    held = np.array(coordinates(entry))
    apart = np.abs(found - held + np.round(held - found))
    assert apart.max() < tolerance, dict(zip(PLACES, apart, strict=True))
