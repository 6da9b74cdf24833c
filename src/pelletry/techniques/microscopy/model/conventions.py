r"""What "grain size" can mean: conversions between intercepts, diameters and ASTM numbers, each under its own name.

.. math::
   G = -6.643856 \log_{10}(\bar l / \mathrm{mm}) - 3.288, \qquad G = 3.321928 \log_{10}(N_A / \mathrm{mm}^{-2}) - 2.954

(ASTM E112, mean intercept and grains per area.) A form that circulates, :math:`-6.754 \log_{10} l + 3.036`, gives 9.8 where the standard
gives 3.4 (l = 0.1 mm) and is not used. Mendelson's factor 1.558 makes an average diameter of an intercept for space-filling
tetrakaidecahedra with a log-normal spread of sizes (Mendelson1969); spheres have 1.5.
"""

from __future__ import annotations

import math

__all__ = ["MENDELSON_FACTOR", "astm_number_from_density", "astm_number_from_intercept"]

MENDELSON_FACTOR = 1.558


def astm_number_from_intercept(intercept_m: float) -> float:
    """ASTM grain-size number G of a mean linear intercept.

    >>> round(astm_number_from_intercept(0.32e-3), 2), round(astm_number_from_intercept(0.1e-3), 2)
    (-0.0, 3.36)
    """
    return -6.643856 * math.log10(intercept_m * 1e3) - 3.288


def astm_number_from_density(grains_per_m2: float) -> float:
    """ASTM grain-size number G of the number of grains per area.

    >>> round(astm_number_from_density(15.5e6), 2), round(astm_number_from_density(124e6), 2)
    (1.0, 4.0)
    """
    return 3.321928 * math.log10(grains_per_m2 * 1e-6) - 2.954
