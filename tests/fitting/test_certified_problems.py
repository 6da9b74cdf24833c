"""The fitter against certified values: NIST Statistical Reference Datasets, nonlinear regression (public domain).

Data, starting values and certified results: National Institute of Standards and Technology, Statistical Reference
Datasets, https://www.itl.nist.gov/div898/strd/nls/nls_main.shtml. Both published starting points of each problem are
used, but for BoxBOD, MGH10 and MGH17, whose far point leads into a flat region where a single search of this kind stays
(circuits are fitted from many points for that reason). The certified sum of squares also guards the data typed in here.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy as np
import pytest

from pelletry.fitting.covariance import covariance_from_normal
from pelletry.fitting.least_squares import damped_least_squares

Model = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


@attrs.frozen(kw_only=True)
class Certified:
    model: Model
    x: np.ndarray
    y: np.ndarray
    starts: tuple[tuple[float, ...], ...]
    values: tuple[float, ...]
    std: tuple[float, ...]
    residual_sum: float


def saturation(b: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    decay = np.exp(-b[1] * x)
    return b[0] * (1 - decay), np.stack([1 - decay, b[0] * x * decay])


def cubic_ratio(b: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    powers = np.stack([x**0, x, x**2, x**3])
    top, bottom = b[:4] @ powers, 1 + b[4:] @ powers[1:]
    return top / bottom, np.concatenate([powers / bottom, -top / bottom**2 * powers[1:]])


def gaussian_peak(b: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    u = (x - b[2]) / b[1]
    y = b[0] / b[1] * np.exp(-0.5 * u**2)
    return y, np.stack([y / b[0], y * (u**2 - 1) / b[1], y * u / b[1]])


def two_exponentials(b: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    first, second = np.exp(-x * b[3]), np.exp(-x * b[4])
    rows = [np.ones_like(x), first, second, -b[1] * x * first, -b[2] * x * second]
    return b[0] + b[1] * first + b[2] * second, np.stack(rows)


def kowalik(b: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    top, bottom = x**2 + x * b[1], x**2 + x * b[2] + b[3]
    y = b[0] * top / bottom
    return y, np.stack([top / bottom, b[0] * x / bottom, -y * x / bottom, -y / bottom])


def vapour(b: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    growth = np.exp(b[1] / (x + b[2]))
    return b[0] * growth, np.stack([growth, b[0] * growth / (x + b[2]), -b[0] * growth * b[1] / (x + b[2]) ** 2])


PROBLEMS = {
    "Misra1a": Certified(
        model=saturation,
        x=np.array([77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0]),
        y=np.array([10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40, 75.47, 81.78]),
        starts=((500, 0.0001), (250, 0.0005)),
        values=(2.3894212918e02, 5.5015643181e-04),
        std=(2.7070075241e00, 7.2668688436e-06),
        residual_sum=1.2455138894e-01,
    ),
    "BoxBOD": Certified(
        model=saturation,
        x=np.array([1.0, 2, 3, 5, 7, 10]),
        y=np.array([109.0, 149, 149, 191, 213, 224]),
        starts=((100, 0.75),),
        values=(2.1380940889e02, 5.4723748542e-01),
        std=(1.2354515176e01, 1.0455993237e-01),
        residual_sum=1.1680088766e03,
    ),
    "Thurber": Certified(
        model=cubic_ratio,
        x=np.array(
            [
                "-3.067",
                "-2.981",
                "-2.921",
                "-2.912",
                "-2.840",
                "-2.797",
                "-2.702",
                "-2.699",
                "-2.633",
                "-2.481",
                "-2.363",
                "-2.322",
                "-1.501",
                "-1.460",
                "-1.274",
                "-1.212",
                "-1.100",
                "-1.046",
                "-0.915",
                "-0.714",
                "-0.566",
                "-0.545",
                "-0.400",
                "-0.309",
                "-0.109",
                "-0.103",
                "0.010",
                "0.119",
                "0.377",
                "0.790",
                "0.963",
                "1.006",
                "1.115",
                "1.572",
                "1.841",
                "2.047",
                "2.200",
            ],
            dtype=float,
        ),
        y=np.array(
            [
                "80.574",
                "84.248",
                "87.264",
                "87.195",
                "89.076",
                "89.608",
                "89.868",
                "90.101",
                "92.405",
                "95.854",
                "100.696",
                "101.060",
                "401.672",
                "390.724",
                "567.534",
                "635.316",
                "733.054",
                "759.087",
                "894.206",
                "990.785",
                "1090.109",
                "1080.914",
                "1122.643",
                "1178.351",
                "1260.531",
                "1273.514",
                "1288.339",
                "1327.543",
                "1353.863",
                "1414.509",
                "1425.208",
                "1421.384",
                "1442.962",
                "1464.350",
                "1468.705",
                "1447.894",
                "1457.628",
            ],
            dtype=float,
        ),
        starts=((1000, 1000, 400, 40, 0.7, 0.3, 0.03), (1300, 1500, 500, 75, 1, 0.4, 0.05)),
        values=(
            1.2881396800e03,
            1.4910792535e03,
            5.8323836877e02,
            7.5416644291e01,
            9.6629502864e-01,
            3.9797285797e-01,
            4.9727297349e-02,
        ),
        std=(
            4.6647963344e00,
            3.9571156086e01,
            2.8698696102e01,
            5.5675370270e00,
            3.1333340687e-02,
            1.4984928198e-02,
            6.5842344623e-03,
        ),
        residual_sum=5.6427082397e03,
    ),
    "Eckerle4": Certified(
        model=gaussian_peak,
        x=np.concatenate([np.arange(400, 436, 5.0), np.arange(436.5, 464, 1.5), np.arange(465, 501, 5.0)]),
        y=np.array(
            [
                "0.0001575",
                "0.0001699",
                "0.0002350",
                "0.0003102",
                "0.0004917",
                "0.0008710",
                "0.0017418",
                "0.0046400",
                "0.0065895",
                "0.0097302",
                "0.0149002",
                "0.0237310",
                "0.0401683",
                "0.0712559",
                "0.1264458",
                "0.2073413",
                "0.2902366",
                "0.3445623",
                "0.3698049",
                "0.3668534",
                "0.3106727",
                "0.2078154",
                "0.1164354",
                "0.0616764",
                "0.0337200",
                "0.0194023",
                "0.0117831",
                "0.0074357",
                "0.0022732",
                "0.0008800",
                "0.0004579",
                "0.0002345",
                "0.0001586",
                "0.0001143",
                "0.0000710",
            ],
            dtype=float,
        ),
        starts=((1, 10, 500), (1.5, 5, 450)),
        values=(1.5543827178e00, 4.0888321754e00, 4.5154121844e02),
        std=(1.5408051163e-02, 4.6803020753e-02, 4.6800518816e-02),
        residual_sum=1.4635887487e-03,
    ),
    "MGH17": Certified(
        model=two_exponentials,
        x=10.0 * np.arange(33),
        y=np.array(
            [
                "0.844",
                "0.908",
                "0.932",
                "0.936",
                "0.925",
                "0.908",
                "0.881",
                "0.850",
                "0.818",
                "0.784",
                "0.751",
                "0.718",
                "0.685",
                "0.658",
                "0.628",
                "0.603",
                "0.580",
                "0.558",
                "0.538",
                "0.522",
                "0.506",
                "0.490",
                "0.478",
                "0.467",
                "0.457",
                "0.448",
                "0.438",
                "0.431",
                "0.424",
                "0.420",
                "0.414",
                "0.411",
                "0.406",
            ],
            dtype=float,
        ),
        starts=((0.5, 1.5, -1, 0.01, 0.02),),
        values=(3.7541005211e-01, 1.9358469127e00, -1.4646871366e00, 1.2867534640e-02, 2.2122699662e-02),
        std=(2.0723153551e-03, 2.2031669222e-01, 2.2175707739e-01, 4.4861358114e-04, 8.9471996575e-04),
        residual_sum=5.4648946975e-05,
    ),
    "MGH09": Certified(
        model=kowalik,
        x=np.array([4.0, 2, 1, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625]),
        y=np.array([0.1957, 0.1947, 0.1735, 0.16, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246]),
        starts=((25, 39, 41.5, 39), (0.25, 0.39, 0.415, 0.39)),
        values=(1.9280693458e-01, 1.9128232873e-01, 1.2305650693e-01, 1.3606233068e-01),
        std=(1.1435312227e-02, 1.9633220911e-01, 8.0842031232e-02, 9.0025542308e-02),
        residual_sum=3.0750560385e-04,
    ),
    "MGH10": Certified(
        model=vapour,
        x=np.arange(50, 126, 5.0),
        y=np.array(
            [34780.0, 28610, 23650, 19630, 16370, 13720, 11540, 9744, 8261, 7030, 6005, 5147, 4427, 3820, 3307, 2872]
        ),
        starts=((0.02, 4000, 250),),
        values=(5.6096364710e-03, 6.1813463463e03, 3.4522363462e02),
        std=(1.5687892471e-04, 2.3309021107e01, 7.8486103508e-01),
        residual_sum=8.7945855171e01,
    ),
}
CASES = [(name, number) for name, problem in PROBLEMS.items() for number in range(len(problem.starts))]


@pytest.mark.parametrize(("name", "number"), CASES, ids=[f"{name} start {number + 1}" for name, number in CASES])
def test_certified_values_are_found_to_six_digits(name: str, number: int) -> None:
    problem = PROBLEMS[name]

    def function(theta: np.ndarray, _: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rows = [problem.model(row, problem.x) for row in theta]
        return np.stack([y - problem.y for y, _ in rows]), np.stack([slopes for _, slopes in rows])

    with np.errstate(over="ignore", invalid="ignore"):
        found = damped_least_squares(
            function, np.array([problem.starts[number]]), tolerance=1e-20, damping=1.0, max_iterations=2000
        )
    freedom = len(problem.y) - len(problem.values)
    covariance = covariance_from_normal(found.normal)[0] * found.chi2[0] / freedom
    np.testing.assert_allclose(found.theta[0], problem.values, rtol=1e-6)
    np.testing.assert_allclose(found.chi2[0], problem.residual_sum, rtol=1e-9)
    np.testing.assert_allclose(np.sqrt(np.diag(covariance)), problem.std, rtol=1e-5)
