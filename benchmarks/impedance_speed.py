"""How fast is a fit from nothing, next to impedance.py and pyimpspec on the same spectra?

Measured in CPU time of one process each, after imports:
- 200 spectra of set A (see impedance_truth.py) fitted in bulk, with verdicts and intervals, no guess;
- a study: ten pellets x seven temperatures x five candidate circuits, seven spectra at a time, plus the final fit;
- the linear Kramers-Kronig test.
Peers see 20 of the same spectra: impedance.py 1.7 ``CustomCircuit`` with ``weight_by_modulus`` and a guess read from the
data, its ``linKK``; pyimpspec ``fit_circuit`` with Powell's method and Boukamp weights. "found" is the share of spectra
whose parameters are all within 5 % of the truth (ours on the same 20).

Claims held: one R(RQ)Q fit <= 5 ms CPU, >= 30 x impedance.py, >= 80 x pyimpspec, the study < 1.5 s.

Run: PELLETRY_PEERS_PYTHON=/path/to/python python benchmarks/impedance_speed.py
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from impedance_truth import FREQUENCY_HZ, true_spectra

from pelletry.techniques.impedance.model.fit import fit_spectra
from pelletry.techniques.impedance.model.kramers_kronig import linear_kramers_kronig

PEER_SPECTRA = 20
CANDIDATES = ("(RQ)Q", "R(RQ)Q", "(RQ)(RQ)Q", "R(RQ)(RQ)Q", "LR(RQ)Q")

IMPEDANCE_PY = """
import json, sys, time, warnings
import numpy as np
warnings.simplefilter("ignore")
import impedance.validation as validation
from impedance.models.circuits import CustomCircuit
validation.circuit_elements["np"] = np  # 1.7 evaluates texts with numpy 2 numbers in them
data = np.load(sys.argv[1])
f, spectra = data["f"], data["z"]
values, cpu = [], []
for z in spectra:
    start = time.process_time()
    slope = z.real[np.argmin(np.abs(f - 1e3))]
    guess = [max(z.real.min(), 1.0), max(slope - z.real.min(), 10.0), 1e-8, 0.9, 1 / (2 * np.pi * 0.1 * abs(z[-1])), 0.8]
    try:
        circuit = CustomCircuit("R0-p(R1,CPE1)-CPE2", initial_guess=guess)
        circuit.fit(f, z, weight_by_modulus=True)
        values.append([float(v) for v in circuit.parameters_])
    except Exception:
        values.append([float("nan")] * 6)
    cpu.append(time.process_time() - start)
start = time.process_time()
try:
    for z in spectra:
        validation.linKK(f, z, c=0.85, max_M=100, fit_type="complex", add_cap=True)
    kk = (time.process_time() - start) / len(spectra)
except Exception:
    kk = None
print("RESULT" + json.dumps({"cpu": cpu, "values": values, "kk": kk}))
"""

PYIMPSPEC = """
import json, sys, time, warnings
import numpy as np
warnings.simplefilter("ignore")
import pyimpspec
data = np.load(sys.argv[1])
values, cpu = [], []
for z in data["z"]:
    start = time.process_time()
    spectrum = pyimpspec.DataSet(frequencies=data["f"], impedances=z)
    try:
        fit = pyimpspec.fit_circuit(
            pyimpspec.parse_cdc("R(RQ)Q"), spectrum, method="powell", weight="boukamp", num_procs=1
        )
        found = [p.value for element in fit.parameters.values() for p in element.values()]
        values.append([float(v) for v in found])
    except Exception:
        values.append([float("nan")] * 6)
    cpu.append(time.process_time() - start)
print("RESULT" + json.dumps({"cpu": cpu, "values": values, "kk": None}))
"""


def peer(name: str, script: str, spectra: np.ndarray) -> dict[str, object] | None:
    """What the peer's own process measured, or None with a clear line when it is not installed there."""
    python = os.environ.get("PELLETRY_PEERS_PYTHON", sys.executable)
    installed = subprocess.run([python, "-c", f"import {name.replace('.py', '')}"], capture_output=True, check=False)
    if installed.returncode:
        print(f"{name} is not installed for {python}: no comparison (set PELLETRY_PEERS_PYTHON)")
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "spectra.npz")
        np.savez(path, f=FREQUENCY_HZ, z=spectra)
        run = subprocess.run([python, "-c", script, str(path)], capture_output=True, text=True, check=False)
    lines = [line for line in run.stdout.splitlines() if line.startswith("RESULT")]
    if not lines:
        print(f"{name} did not finish: {run.stderr.strip().splitlines()[-1:]}")
        return None
    result: dict[str, object] = json.loads(lines[-1][len("RESULT") :])
    return result


def share_found(values: object, truth: np.ndarray) -> float:
    return 100 * float(np.mean(np.all(np.abs(np.array(values) / truth - 1) < 0.05, axis=1)))


def ours_in_bulk(spectra: np.ndarray) -> tuple[float, np.ndarray]:
    fit_spectra("R(RQ)Q", FREQUENCY_HZ, spectra[:2])
    began = time.process_time()
    fits = fit_spectra("R(RQ)Q", FREQUENCY_HZ, spectra)
    return (time.process_time() - began) / len(spectra), np.array([fit.values for fit in fits])


def study(spectra: np.ndarray) -> tuple[float, float]:
    """CPU seconds of the circuit comparison and of the final fits, for 70 spectra in groups of seven."""
    began = time.process_time()
    for group in np.split(spectra[:70], 10):
        for text in CANDIDATES:
            fit_spectra(text, FREQUENCY_HZ, group, intervals="covariance")
    compared = time.process_time()
    for group in np.split(spectra[:70], 10):
        fit_spectra("R(RQ)Q", FREQUENCY_HZ, group)
    return compared - began, time.process_time() - compared


def main() -> int:
    _, truth, spectra = true_spectra("A", 200, noise=0.005, seed=7)
    ours, values = ours_in_bulk(spectra)
    print(f"pelletry     {1e3 * ours:8.2f} ms CPU per R(RQ)Q fit, found {share_found(values, truth):.0f} % of 200")
    comparison, final = study(spectra)
    print(f"study        {comparison:8.2f} s CPU to compare 5 circuits on 70 spectra, {final:.2f} s for the final fits")
    began = time.process_time()
    for spectrum in spectra[:50]:
        linear_kramers_kronig(FREQUENCY_HZ, spectrum)
    kk = (time.process_time() - began) / 50
    print(f"Lin-KK       {1e3 * kk:8.2f} ms CPU per spectrum")
    failures = int(ours > 5e-3) + int(comparison + final > 1.5)
    for name, script, claim in (("impedance.py", IMPEDANCE_PY, 30.0), ("pyimpspec", PYIMPSPEC, 80.0)):
        found = peer(name, script, spectra[:PEER_SPECTRA])
        if found is None:
            continue
        cpu = np.array(found["cpu"])
        ratio = float(np.median(cpu)) / ours
        failures += ratio < claim
        share = share_found(found["values"], truth[:PEER_SPECTRA])
        print(
            f"{name:12s} {1e3 * np.median(cpu):8.2f} ms CPU per fit (median), ratio {ratio:.0f} x "
            f"(claim {claim:g}: {'held' if ratio >= claim else 'NOT HELD'}), found {share:.0f} %"
        )
        if isinstance(found["kk"], float):
            print(f"{'':12s} {1e3 * found['kk']:8.2f} ms CPU per Lin-KK, ratio {found['kk'] / kk:.1f} x")
    return 1 if failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
