"""Compiled loops: peaks onto a grid with all local derivatives, and symmetry sums of the structure factor.

The grid is the measured points followed by the Chebyshev nodes of cells of 16 and of 128 points. A peak is evaluated point by
point in its core; its tail, which never ends, only at three nodes per cell, first small and then large cells; afterwards
:func:`spread` interpolates the node sums back to the points. No tail is cut, so no cut can move a cell.

Local rows of a peak, per point: the profile P, and its derivatives by a shift, by the Bragg angle, by HG^2, by HL and by S/L.
Asymmetry: Finger, Cox & Jephcoat (1994) with S/L = H/L, integrated by Gauss-Legendre in the height h, where the integrand is smooth:
with t = h/L, cos(delta) = cos(2theta) sqrt(1 + t^2), each node weighs (2 S/L - t) / ((1 + t^2) sin delta). Where the path of the
beam is known, the nodes are its rays instead (:mod:`beam_path`), and S/L scales their axial angles.
Widths: Thompson, Cox & Hastings (1987).
"""

from __future__ import annotations

import math
from functools import lru_cache

import numba
import numpy as np

from pelletry.techniques.diffraction.model.grid import LOCAL_ROWS

__all__ = [
    "accumulate",
    "frames_of",
    "le_bail_shares",
    "legendre_table",
    "normal_matrix",
    "profile_area",
    "site_sums",
    "spread",
]


_MOST_NODES = 64
_LN2X4 = 4.0 * math.log(2.0)
_GAUSS = math.sqrt(_LN2X4 / math.pi)
_DEG = 180.0 / math.pi
_FAR_GAUSS = 3.3**2  # beyond this many widths squared the Gaussian is below 1e-13


@lru_cache(maxsize=1)
def legendre_table() -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre nodes and weights on (0, 1); row n holds the rule of n nodes."""
    nodes = np.zeros((_MOST_NODES + 1, _MOST_NODES))
    weights = np.zeros((_MOST_NODES + 1, _MOST_NODES))
    for n in range(1, _MOST_NODES + 1):
        x, w = np.polynomial.legendre.leggauss(n)
        nodes[n, :n], weights[n, :n] = 0.5 * (x + 1.0), 0.5 * w
    return nodes, weights


@numba.njit(cache=True, error_model="numpy")
def _widths(hg2, hl):  # type: ignore[no-untyped-def]
    """H, eta and their derivatives by HG^2 and HL."""
    hg = math.sqrt(hg2)
    h5 = hg**5 + 2.69269 * hg**4 * hl + 2.42843 * hg**3 * hl**2 + 4.47163 * hg**2 * hl**3 + 0.07842 * hg * hl**4 + hl**5
    h = h5**0.2
    d_hg = (
        5 * hg**4 + 4 * 2.69269 * hg**3 * hl + 3 * 2.42843 * hg**2 * hl**2 + 2 * 4.47163 * hg * hl**3 + 0.07842 * hl**4
    )
    d_hl = (
        2.69269 * hg**4 + 2 * 2.42843 * hg**3 * hl + 3 * 4.47163 * hg**2 * hl**2 + 4 * 0.07842 * hg * hl**3 + 5 * hl**4
    )
    outer = 0.2 * h / h5
    h_g, h_l = outer * d_hg / (2.0 * hg), outer * d_hl
    q = hl / h
    eta = 1.36603 * q - 0.47719 * q * q + 0.11116 * q**3
    slope = 1.36603 - 2 * 0.47719 * q + 3 * 0.11116 * q * q
    return h, eta, h_g, h_l, slope * (-q / h) * h_g, slope * (1.0 / h - q / h * h_l)


@numba.njit(cache=True, error_model="numpy")
def _heights(two_theta, s, n, nodes, weights, offset, share, out):  # type: ignore[no-untyped-def]
    """Offsets of the axial nodes from the Bragg angle [deg], their shares, and the derivatives of both by S/L and by the angle."""
    c, sn = math.cos(two_theta / _DEG), math.sin(two_theta / _DEG)
    top = 2.0 * s
    cap = 0.95 * abs(sn / c) if abs(c) > 1e-9 else 1e9
    moves = 2.0
    if top > cap:
        top, moves = cap, 0.0
    total, mean_s, mean_t = 0.0, 0.0, 0.0
    for j in range(n):
        t = top * nodes[n, j]
        root = math.sqrt(1.0 + t * t)
        cosine = c * root
        sine = math.sqrt(max(1.0 - cosine * cosine, 1e-16))
        offset[j] = math.acos(cosine) * _DEG - two_theta
        share[j] = weights[n, j] * (2.0 * s - t) / (root * root * sine)
        dt = moves * nodes[n, j]
        d_s = -c * (t / root) / sine * dt
        d_t = root * sn / sine
        out[0, j] = d_s * _DEG
        out[1, j] = d_t - 1.0
        grown = (2.0 - dt) / (2.0 * s - t) if 2.0 * s - t > 0.0 else 0.0
        out[2, j] = grown - 2.0 * t * dt / (root * root) - cosine / sine * d_s
        out[3, j] = -cosine / sine * d_t / _DEG
        total += share[j]
        mean_s += share[j] * out[2, j]
        mean_t += share[j] * out[3, j]
    mean_s, mean_t = mean_s / total, mean_t / total
    for j in range(n):
        share[j] /= total
        out[2, j] = share[j] * (out[2, j] - mean_s)
        out[3, j] = share[j] * (out[3, j] - mean_t)


@numba.njit(cache=True, error_model="numpy")
def _along_rays(two_theta, s, rays, offset, share, out):  # type: ignore[no-untyped-def]
    """As :func:`_heights` for a table of rays (4, most) of :mod:`beam_path`; returns how many there are."""
    angle = two_theta / _DEG
    c, sn = math.cos(angle), math.sin(angle)
    tangent = math.tan(0.5 * angle)
    n = 0
    for j in range(rays.shape[1]):
        if rays[3, j] <= 0.0:
            break
        n += 1
        by_s = rays[0, j] * tangent - rays[1, j] / tangent
        e = s * s * by_s - rays[2, j] / tangent
        # d tan(theta) / d(2 theta) and - d cot(theta) / d(2 theta)
        e_t = 0.5 * s * s * rays[0, j] * (1.0 + tangent * tangent)
        e_t += 0.5 * (s * s * rays[1, j] + rays[2, j]) * (1.0 + 1.0 / (tangent * tangent))
        cosine = c - sn * e
        share[j] = rays[3, j]
        out[2, j] = out[3, j] = 0.0
        if abs(cosine) > 0.99999:
            # the ray would go past the direct beam, or back to the source
            offset[j] = (0.0 if cosine > 0.0 else 180.0) - two_theta
            out[0, j], out[1, j] = 0.0, -1.0
            continue
        sine = math.sqrt(1.0 - cosine * cosine)
        offset[j] = math.acos(cosine) * _DEG - two_theta
        out[0, j] = sn * 2.0 * s * by_s / sine * _DEG
        out[1, j] = (sn + c * e + sn * e_t) / sine - 1.0
    return n


@numba.njit(cache=True, error_model="numpy")
def _table_for(two_theta):  # type: ignore[no-untyped-def]
    """Which table of rays an angle takes: at low ones v spreads a peak, at high ones u."""
    if two_theta < 35.0:
        return 0
    if two_theta < 75.0:
        return 1
    return 2 if two_theta < 120.0 else 3


@numba.njit(cache=True, error_model="numpy")
def _reach(two_theta, s, rays):  # type: ignore[no-untyped-def]
    """How far the axial divergence and the flat sample carry a peak from its Bragg angle [deg]."""
    if rays.shape[0] == 0:
        return abs(_DEG * 2.0 * s * s / math.tan(two_theta / _DEG))
    table = rays[_table_for(two_theta)]
    tangent = math.tan(0.5 * two_theta / _DEG)
    far = 0.0
    for j in range(table.shape[1]):
        if table[3, j] > 1e-5:
            e = s * s * (table[0, j] * tangent - table[1, j] / tangent) - table[2, j] / tangent
            far = max(far, abs(e))
    return far * _DEG


@numba.njit(cache=True, error_model="numpy")
def _spots(two_theta, s, count, nodes, weights, rays, offset, share, out):  # type: ignore[no-untyped-def]
    """Offsets and shares that a peak is summed over, and their slopes; returns how many: ``count`` heights, or the rays."""
    if rays.shape[0] > 0:
        return _along_rays(two_theta, s, rays[_table_for(two_theta)], offset, share, out)
    if s > 0.0:
        _heights(two_theta, s, count, nodes, weights, offset, share, out)
        return count
    share[0], offset[0] = 1.0, 0.0
    return 1


@numba.njit(cache=True, error_model="numpy", fastmath={"contract"})
def _curve(x, a, b, centre, h, eta, n, offset, share, has_gauss, row):  # type: ignore[no-untyped-def]
    """The profile on points a..b, summed over the axial nodes."""
    inverse = 1.0 / h
    lorentz_top, gauss_top = eta * 2.0 / math.pi * inverse, (1.0 - eta) * _GAUSS * inverse
    for i in range(a, b):
        total = 0.0
        for j in range(n):
            z = (x[i] - centre - offset[j]) * inverse
            z2 = z * z
            value = lorentz_top / (1.0 + 4.0 * z2)
            if has_gauss and z2 < _FAR_GAUSS:
                value += gauss_top * math.exp(-_LN2X4 * z2)
            total += share[j] * value
        row[i] = total


@numba.njit(cache=True, error_model="numpy", fastmath={"contract"})
def _rows(x, a, b, centre, h, eta, n, offset, share, slopes, has_gauss, rows):  # type: ignore[no-untyped-def]
    """The profile and its slopes on points a..b, summed over the axial nodes: P, shift, angle, by H, by eta, by S/L."""
    inverse = 1.0 / h
    lorentz_top, gauss_top = 2.0 / math.pi * inverse, _GAUSS * inverse
    for i in range(a, b):
        p, p_shift, p_angle, p_h, p_eta, p_s = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for j in range(n):
            z = (x[i] - centre - offset[j]) * inverse
            z2 = z * z
            d = 1.0 / (1.0 + 4.0 * z2)
            lorentz = lorentz_top * d
            value = eta * lorentz
            # the derivative by the peak's position is minus that by x
            by_shift = value * 8.0 * d
            gauss = 0.0
            if has_gauss and z2 < _FAR_GAUSS:
                gauss = gauss_top * math.exp(-_LN2X4 * z2)
                part = (1.0 - eta) * gauss
                value += part
                by_shift += part * (2.0 * _LN2X4)
            by_shift *= z * inverse
            w = share[j]
            wv, wd = w * value, w * by_shift
            p += wv
            p_shift += wd
            p_angle += slopes[3, j] * value + (1.0 + slopes[1, j]) * wd
            p_h += (wd * z * h - wv) * inverse
            p_eta += w * (lorentz - gauss)
            p_s += slopes[2, j] * value + slopes[0, j] * wd
        rows[0, i] = p
        rows[1, i] = p_shift
        rows[2, i] = p_angle
        rows[3, i] = p_h
        rows[4, i] = p_eta
        rows[5, i] = p_s


@numba.njit(cache=True, error_model="numpy")
def _first_above(values, limit):  # type: ignore[no-untyped-def]
    low, high = 0, values.size
    while low < high:
        middle = (low + high) // 2
        if values[middle] <= limit:
            low = middle + 1
        else:
            high = middle
    return low


@numba.njit(cache=True, error_model="numpy")
def _ranges(x0, core, span, n, left1, right1, first1, left2, right2, first2, out):  # type: ignore[no-untyped-def]
    """Ranges of the grid a peak is evaluated on: core points, then small cells on both sides, then large cells on both sides."""
    c1, c2 = left1.size, left2.size
    near1, near2 = max(core, 4.0 * span[0]), max(core, 2.5 * span[1])
    # Large cells whose whole width is far: right end below x0 - near2, or left end above x0 + near2.
    low2, high2 = _first_above(right2, x0 - near2), _first_above(left2, x0 + near2)
    low1, high1 = _first_above(right1, x0 - near1), _first_above(left1, x0 + near1)
    high2 = max(high2, low2)
    begin, end = first2[low2], first2[high2]
    low1, high1 = min(max(low1, begin), end), min(max(high1, begin), end)
    high1 = max(high1, low1)
    out[0, 0], out[0, 1] = first1[low1], first1[high1]
    out[1, 0], out[1, 1] = n + 3 * begin, n + 3 * low1
    out[2, 0], out[2, 1] = n + 3 * high1, n + 3 * end
    base = n + 3 * c1
    out[3, 0], out[3, 1] = base, base + 3 * low2
    out[4, 0], out[4, 1] = base + 3 * high2, base + 3 * c2


@numba.njit(cache=True, error_model="numpy")
def frames_of(two_theta, centre, hg2, hl, s, rays):  # type: ignore[no-untyped-def]
    """For each peak its centre, the half width of its core [deg] and the number of axial nodes, shape (peaks, 3)."""
    frames = np.empty((two_theta.size, 3))
    for peak in range(two_theta.size):
        h = _widths(hg2[peak], hl[peak])[0]
        reach = _reach(two_theta[peak], s, rays)
        frames[peak, 0] = centre[peak]
        frames[peak, 1] = 3.3 * h + reach
        frames[peak, 2] = min(_MOST_NODES, int(3.5 + 5.5 * reach / h))
    return frames


@numba.njit(cache=True, error_model="numpy")
def accumulate(  # type: ignore[no-untyped-def]
    x,
    n,
    left1,
    right1,
    first1,
    left2,
    right2,
    first2,
    span,
    nodes,
    weights,
    rays,
    frames,
    two_theta,
    centre,
    intensity,
    hg2,
    hl,
    s,
    coefficients,
    columns,
    total,
    jacobian,
    with_slopes,
):
    """Add peaks to ``total`` (grid,) and, if wanted, to rows ``columns`` of ``jacobian`` (parameters, grid).

    ``coefficients`` (columns, peaks, 6): derivative of the intensity by the parameter; then intensity times the derivative of shift,
    Bragg angle, HG^2, HL and S/L. Peaks without intensity and slopes are skipped.
    """
    rows = np.empty((LOCAL_ROWS, x.size))
    most = max(_MOST_NODES, rays.shape[2])
    offset, share, slopes = np.zeros(most), np.zeros(most), np.zeros((4, most))
    far_offset, far_share, far_slopes = np.zeros(most), np.zeros(most), np.zeros((4, most))
    ranges = np.zeros((5, 2), dtype=np.int64)
    for peak in range(two_theta.size):
        h, eta, h_g, h_l, e_g, e_l = _widths(hg2[peak], hl[peak])
        angle, count = two_theta[peak], int(frames[peak, 2])
        if rays.shape[0] > 0:
            far = _along_rays(angle, s, rays[rays.shape[0] - 1], far_offset, far_share, far_slopes)
        else:
            far = _spots(angle, s, min(count, 3), nodes, weights, rays, far_offset, far_share, far_slopes)
        count = _spots(angle, s, count, nodes, weights, rays, offset, share, slopes)
        _ranges(frames[peak, 0], frames[peak, 1], span, n, left1, right1, first1, left2, right2, first2, ranges)
        strength = intensity[peak]
        for part in range(5):
            a, b = ranges[part, 0], ranges[part, 1]
            if b <= a:
                continue
            if part == 0:
                if with_slopes:
                    _rows(x, a, b, centre[peak], h, eta, count, offset, share, slopes, True, rows)
                else:
                    _curve(x, a, b, centre[peak], h, eta, count, offset, share, True, rows[0])
            elif with_slopes:
                _rows(x, a, b, centre[peak], h, eta, far, far_offset, far_share, far_slopes, False, rows)
            else:
                _curve(x, a, b, centre[peak], h, eta, far, far_offset, far_share, False, rows[0])
            row = rows[0]
            for i in range(a, b):
                total[i] += strength * row[i]
            if not with_slopes:
                continue
            for i in range(a, b):
                by_h, by_eta = rows[3, i], rows[4, i]
                rows[3, i] = h_g * by_h + e_g * by_eta
                rows[4, i] = h_l * by_h + e_l * by_eta
            for c in range(columns.size):
                k = columns[c]
                column = jacobian[k]
                f0, f1, f2 = coefficients[c, peak, 0], coefficients[c, peak, 1], coefficients[c, peak, 2]
                if f2 != 0.0:  # a cell moves all of a peak but its asymmetry
                    f3, f4 = coefficients[c, peak, 3], coefficients[c, peak, 4]
                    for i in range(a, b):
                        column[i] += (
                            f0 * rows[0, i] + f1 * rows[1, i] + f2 * rows[2, i] + f3 * rows[3, i] + f4 * rows[4, i]
                        )
                    continue
                for r in range(LOCAL_ROWS):
                    f = coefficients[c, peak, r]
                    if f != 0.0:
                        row = rows[r]
                        for i in range(a, b):
                            column[i] += f * row[i]


@numba.njit(cache=True, error_model="numpy")
def spread(curves, n, first1, first2, small, large):  # type: ignore[no-untyped-def]
    """Bring node sums back to the points, in place, for each row of ``curves``.

    ``small`` (n, 3): weights of the three nodes of the small cell around each point; ``large`` (3 c1, 3) those of the large cell
    around each small node.
    """
    c1, c2 = first1.size - 1, first2.size - 1
    base = n + 3 * c1
    for row in range(curves.shape[0]):
        curve = curves[row]
        for cell in range(c2):
            v0, v1, v2 = curve[base + 3 * cell], curve[base + 3 * cell + 1], curve[base + 3 * cell + 2]
            for i in range(3 * first2[cell], 3 * first2[cell + 1]):
                curve[n + i] += large[i, 0] * v0 + large[i, 1] * v1 + large[i, 2] * v2
        for cell in range(c1):
            v0, v1, v2 = curve[n + 3 * cell], curve[n + 3 * cell + 1], curve[n + 3 * cell + 2]
            for i in range(first1[cell], first1[cell + 1]):
                curve[i] += small[i, 0] * v0 + small[i, 1] * v1 + small[i, 2] * v2


@numba.njit(cache=True, error_model="numpy")
def le_bail_shares(x, nodes, weights, rays, two_theta, centre, hg2, hl, s, ratio, reach_widths, above, below):  # type: ignore[no-untyped-def]
    """For each peak the sums over its core of P * ratio and of P; their quotient is Le Bail's factor for its intensity.

    ``ratio`` (points,) is (observed - background) / (calculated - background).
    """
    row = np.empty(x.size)
    most = max(_MOST_NODES, rays.shape[2])
    offset, share, slopes = np.zeros(most), np.zeros(most), np.zeros((4, most))
    for peak in range(two_theta.size):
        h, eta, _, _, _, _ = _widths(hg2[peak], hl[peak])
        reach = _reach(two_theta[peak], s, rays)
        count = min(_MOST_NODES, int(3.5 + 5.5 * reach / h))
        count = _spots(two_theta[peak], s, count, nodes, weights, rays, offset, share, slopes)
        a = _first_above(x, centre[peak] - reach_widths * h - reach)
        b = _first_above(x, centre[peak] + reach_widths * h + reach)
        above[peak], below[peak] = 0.0, 0.0
        if b > a:
            _curve(x, a, b, centre[peak], h, eta, count, offset, share, True, row)
            for i in range(a, b):
                above[peak] += row[i] * ratio[i]
                below[peak] += row[i]


@numba.njit(cache=True, error_model="numpy")
def profile_area(x, two_theta, hg2, hl, s, nodes, weights, rays):  # type: ignore[no-untyped-def]
    """The profile of one peak on points ``x`` by direct summation, for tests and plots."""
    row = np.empty(x.size)
    most = max(_MOST_NODES, rays.shape[2])
    offset, share, slopes = np.zeros(most), np.zeros(most), np.zeros((4, most))
    h, eta, _, _, _, _ = _widths(hg2, hl)
    count = min(_MOST_NODES, int(3.5 + 5.5 * _reach(two_theta, s, rays) / h))
    count = _spots(two_theta, s, count, nodes, weights, rays, offset, share, slopes)
    _curve(x, 0, x.size, two_theta, h, eta, count, offset, share, True, row)
    return row


@numba.njit(cache=True, error_model="numpy")
def site_sums(hkl, rotations, translations, places, with_slopes):  # type: ignore[no-untyped-def]
    """Sum over operations of exp(2 pi i h(Rx + t)) for places (p, 3): real and imaginary part (p, m), slopes by x (p, m, 3)."""
    p, m, k = places.shape[0], hkl.shape[0], rotations.shape[0]
    real, imag = np.zeros((p, m)), np.zeros((p, m))
    real_x, imag_x = np.zeros((p, m, 3)), np.zeros((p, m, 3))
    for r in range(m):
        for o in range(k):
            g0 = hkl[r, 0] * rotations[o, 0, 0] + hkl[r, 1] * rotations[o, 1, 0] + hkl[r, 2] * rotations[o, 2, 0]
            g1 = hkl[r, 0] * rotations[o, 0, 1] + hkl[r, 1] * rotations[o, 1, 1] + hkl[r, 2] * rotations[o, 2, 1]
            g2 = hkl[r, 0] * rotations[o, 0, 2] + hkl[r, 1] * rotations[o, 1, 2] + hkl[r, 2] * rotations[o, 2, 2]
            shift = hkl[r, 0] * translations[o, 0] + hkl[r, 1] * translations[o, 1] + hkl[r, 2] * translations[o, 2]
            for j in range(p):
                phase = 2.0 * math.pi * (g0 * places[j, 0] + g1 * places[j, 1] + g2 * places[j, 2] + shift)
                c, s = math.cos(phase), math.sin(phase)
                real[j, r] += c
                imag[j, r] += s
                if with_slopes:
                    c, s = 2.0 * math.pi * c, 2.0 * math.pi * s
                    real_x[j, r, 0] -= s * g0
                    real_x[j, r, 1] -= s * g1
                    real_x[j, r, 2] -= s * g2
                    imag_x[j, r, 0] += c * g0
                    imag_x[j, r, 1] += c * g1
                    imag_x[j, r, 2] += c * g2
    return real, imag, real_x, imag_x


@numba.njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def normal_matrix(slopes, residuals, inverse_std):  # type: ignore[no-untyped-def]
    """Normal matrix (k, k) and gradient (k,) of derivatives (k, n) and differences (n,), both weighted by 1 / std.

    By blocks of points in one thread: small matrices lose more by threads than they win.
    """
    k, n = slopes.shape
    normal, gradient = np.zeros((k, k)), np.zeros(k)
    size = 512
    block, rest = np.empty((k, size)), np.empty(size)
    for begin in range(0, n, size):
        count = min(size, n - begin)
        for i in range(count):
            rest[i] = residuals[begin + i] * inverse_std[begin + i]
        for a in range(k):
            for i in range(count):
                block[a, i] = slopes[a, begin + i] * inverse_std[begin + i]
        for a in range(k):
            row = block[a]
            total = 0.0
            for i in range(count):
                total += row[i] * rest[i]
            gradient[a] += total
            for b in range(a + 1):
                other = block[b]
                total = 0.0
                for i in range(count):
                    total += row[i] * other[i]
                normal[a, b] += total
    for a in range(k):
        for b in range(a):
            normal[b, a] = normal[a, b]
    return normal, gradient
