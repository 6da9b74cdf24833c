"""Long files of the formats that can be long, made by hand: for the measurement of memory (tests and ``benchmarks/reader_memory.py``)."""

from __future__ import annotations

import gzip
import io
import runpy
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

_DIFFRACTION = runpy.run_path(str(Path(__file__).with_name("diffraction_files.py")))

__all__ = ["LONG_FILES"]


def _lines(template: str, rows: int) -> str:
    return "".join(
        template.format(i=i, x=2.0 + 170.0 * i / rows, y=100 + i * 7919 % 9000, z=1.0 + i * 31 % 777)
        for i in range(rows)
    )


def _table(head: str, template: str, bytes_: int, encoding: str = "cp1252", tail: str = "") -> bytes:
    one = len(template.format(i=12345, x=12.3456, y=4567, z=321.0))
    rows = max(200, (bytes_ - len(head)) // one)
    return (
        head.replace("@ROWS@", str(rows)).replace("@STEP@", f"{170.0 / rows:.10f}") + _lines(template, rows) + tail
    ).encode(encoding)


def _mpt(size: int) -> bytes:
    heads = ["mode", "ox/red", "time/s", "control/mA", "Ewe/V", "I/mA", "(Q-Qo)/mA.h", "P/W"]
    head = (
        "EC-Lab ASCII FILE\nNb header lines : 6\n\nGalvanostatic Cycling with Potential Limitation\n\n"
        + "\t".join(heads)
        + "\n"
    )
    return _table(head, "1\t0\t{i:.15E}\t0.000000000E+000\t{z:.7E}\t{x:.7E}\t{y:.9E}\t{x:.7E}\n", size)


def _spectra(size: int) -> bytes:
    sweep = "".join(f"{1e6 / 1.5**k:.6E}\t{100 + k:.6E}\t{5 + k:.6E}\n" for k in range(40))
    return ("freq (Hz)\tZ' (Ohm)\t-Z'' (Ohm)\n" + sweep * (size // len(sweep))).encode()


def _vamas(size: int) -> bytes:
    head = "VAMAS Surface Chemical Analysis Standard Data Transfer Format 1988 May 4\nlab\nmodel\nme\nLATP\n0\nNORM\nREGULAR\n1\n0\n0\n0\n0\n0\n1\n"
    block = "Survey\npellet\n2024\n1\n1\n1\n1\n1\n0\n0\nXPS\nAl\n1486.6\n100\n100\n100\n0\n0\nFAT\n20\n1\n4.5\n0\n100\n100\n0\n0\n"
    block += "Zr 3d\n3d\n-1\nkinetic energy\neV\n100\n0.001\n1\nIntensity\nd\npulse counting\n0.1\n1\n0\n0\n0\n0\n0\n"
    values = "".join(f"{100 + i * 7919 % 9000}\n" for i in range(size // 5))
    count = values.count("\n")
    return (head + block + f"{count}\n100\n9100\n{values}end of experiment\n").encode()


def _ras(size: int) -> bytes:
    head = '*RAS_DATA_START\n*RAS_HEADER_START\n*FILE_SAMPLE "LATP"\n*MEAS_SCAN_AXIS_X "2-Theta"\n*MEAS_SCAN_UNIT_X "deg"\n*MEAS_SCAN_UNIT_Y "counts"\n*RAS_HEADER_END\n*RAS_INT_START\n'
    return _table(head, "{x:.4f} {y:.4f} 1.0000\n", size, tail="*RAS_INT_END\n*RAS_DATA_END\n")


def _cif(size: int) -> bytes:
    head = "data_LATP\n_pd_meas_2theta_range_min 2\nloop_\n_pd_meas_2theta_scan\n_pd_meas_counts_total\n"
    return _table(head, "{x:.5f} {y}\n", size)


def _gsas(size: int) -> bytes:
    rows = size // 36
    head = f"LATP\n{f'BANK 1 {rows} {rows} CONS 200.0 0.1 0 0 FXYE':<80}\n"
    return (
        head + "".join(f"{200 + 0.1 * i:12.5f} {100 + i % 977:10.1f} {10 + i % 7:10.3f}\n" for i in range(rows))
    ).encode()


def _setaram(size: int) -> bytes:
    head = "LATP\nCreation Date : 26/07/2024 06:03:05 p.m.\n\nTG :\n Initial Mass : 34.04 mg\n\nIndex;Time (s);Furnace Temperature (°C);TG (mg)\n"
    return _table(head, "{i};{i}.5;{x:.4f};-{z:.5f}\n", size, "utf-16")


def _mettler(size: int) -> bytes:
    head = "FileName:\n  LLZO, 02.03.2024 18:00:00\n  c\nSampleID:\n  LLZO, 4.9292 mg\nMethod:\n  sinter\nCurve:\n          Index              t             Ts          Value\n"
    head += "                           [s]           [°C]           [mg]\n"
    return _table(head, "{i:15d}{i:15d}{x:15.3f}{z:15.5f}\n", size, tail="\n\n")


def _baehr(size: int) -> bytes:
    head = "\n C:\\DIL805.PRO\\Data\\LATP.PAR\n                Time - Temperature  /  rel. Change in Length\n                  s                °C                    %\n"
    return (
        _table(head, "{i:8d}   {x:18.8f} {z:18.8f} {x:18.8f}\n", size)
        .replace(b".", b",")
        .replace(b"DIL805,PRO", b"DIL805.PRO")
        .replace(b"LATP,PAR", b"LATP.PAR")
    )


def _netzsch(size: int) -> bytes:
    head = "#EXPORTTYPE:DATA ALL\n#FORMAT:NETZSCH5\n#FTYPE:ANSI\n#IDENTITY:x\n#DECIMAL:POINT\n#SEPARATOR:SEMICOLON\n#MTYPE:DIL\n#SAMPLE LENGTH /mm:24.948\n\n##Temp./°C;Time/min;dL/Lo\n"
    return _table(head, "  {x:8.5f}; {i:d}.5;-{z:.5E}\n", size)


def _scienta(size: int) -> bytes:
    rows = size // 50
    head = f"[Info]\nNumber of Regions=1\nVersion=1.3.1\n\n[Region 1]\nRegion Name=Zr\nDimension 1 name=Kinetic Energy [eV]\nDimension 1 size={rows}\n\n[Info 1]\nRegion Name=Zr\n\n[Data 1]\n"
    return (head + "".join(f" {100 + 1e-3 * i:.14E}  {15.7 + i % 7:.14E}\n" for i in range(rows))).encode()


def _specs(size: int) -> bytes:
    rows = size // 20
    head = (
        "# Created by:        SpecsLab2, Version 2.77-r27212\n# XY-Serializer Export Settings: as follows\n#   Counts Per Second:        yes\n#   Kinetic Energy Axis:      yes\n"
        f"#   Separate Scan Data:       no\n#   Separate Channel Data:    no\n# Region:            Zr\n# Number of Scans:   1\n# Curves/Scan:       1\n# Values/Curve:      {rows}\n# Dwell Time:        0.1\n"
        "# Excitation Energy: 1486.6\n# Kinetic Energy:    100\n# Cycle: 0\n# Cycle: 0, Curve: 0\n# ColumnLabels: energy counts/s\n#\n"
    )  # fmt: skip
    return (head + "".join(f"{100 + 1e-3 * i:.3f}  {8974.5 + i % 100:.4f}\n" for i in range(rows))).encode()


def _mastersizer(size: int) -> bytes:
    sizes = [0.01 * 1.1482**k for k in range(100)]
    head = (
        "Sample Name,d (0.1),d (0.5),d (0.9),Result Between User Sizes (Sizes in um)"
        + "," * 99
        + "\n,,,,"
        + ",".join(f"{s:.6f}" for s in sizes)
        + "\n"
    )
    row = "pellet,1.0,2.0,3.0,," + ",".join(f"{1.0:.6f}" for _ in sizes[1:]) + "\n"
    return (head + row * (size // len(row))).encode()


def _esprit(size: int) -> bytes:
    rows = min(size // 14, 60_000)
    head = f"Bruker Nano GmbH Berlin, Germany\nEsprit 1.9\n\nDate: 5/21/2013 3:58:49 PM\nReal time: 15082\nLife time: 14979\nPrimary energy: 15\nCalibration, lin.: 5\nCalibration, abs.: -475.6\nChannels: {rows}\n\nEnergy Counts\n"
    return (head + "".join(f"{-0.4756 + 0.005 * i:.4f} {i % 977}\n" for i in range(rows))).encode()


def _workbook(size: int) -> bytes:
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("record")
    sheet.append(
        ["DataPoint", "Cycle Index", "Step Index", "Step Type", "Time", "Current(A)", "Voltage(V)", "Capacity(Ah)"]
    )
    chance = np.random.default_rng(1)
    for i in range(size // 40):
        sheet.append([i, 1, 1, "Rest", f"0:{i % 60:02d}:00", *(round(float(v), 6) for v in chance.random(3))])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _bmp(size: int) -> bytes:
    side = int(size**0.5) // 4 * 4
    palette = b"".join(bytes((i, i, i, 0)) for i in range(256))
    head = b"BM" + struct.pack("<IHHI", 1078 + side * side, 0, 0, 1078)
    head += struct.pack("<IiiHHIIiiII", 40, side, side, 1, 8, 0, side * side, 0, 0, 256, 0)
    return head + palette + np.random.default_rng(1).integers(0, 256, side * side, dtype=np.uint8).tobytes()


def _tif(size: int) -> bytes:
    import tifffile

    side = int(size**0.5)
    stream = io.BytesIO()
    tifffile.imwrite(stream, np.random.default_rng(1).integers(0, 256, (side, side), dtype=np.uint8))
    return stream.getvalue()


def _zipped(size: int) -> bytes:
    return gzip.compress(LONG_FILES["powder-xy"](size))


def _counts(rows: int) -> Iterator[str]:
    return (str(100 + i * 7919 % 9000) for i in range(rows))


LONG_FILES: dict[str, Callable[[int], bytes]] = {
    "powder-xy": lambda size: _table("", "{x:.5f} {y}\n", size),
    "powder-xy, three columns": lambda size: _table("# LATP\n", "{x:.5f} {y} {z:.4f}\n", size),
    "powder-xy, packed": _zipped,
    "powder-table": lambda size: _table("2Theta,Intensity\n", "{x:.5f},{y}\n", size),
    "powder-dat": lambda size: _table("2.0 @STEP@ 172.0 LATP\n", "{y:8d}\n", size),
    "bruker-eva-xy": lambda size: _table("'Id: \"\" Comment: \"\" Operator: \"\" Anode: \"Cu\" Scantype: \"Coupled TwoTheta/Theta\" TimePerStep: \"96\"\n", "{x:.5f} {y}\n", size),
    "bruker-uxd": lambda size: _table("_FILEVERSION=2\n_DRIVE='COUPLED'\n_2THETACOUNTS\n", "{x:.5f}\t{y}\n", size),
    "rigaku-ras": _ras,
    "gsas-data": _gsas,
    "pdcif": _cif,
    "xrdml": lambda size: _DIFFRACTION["xrdml"](counts=" ".join(_counts(size // 5))).encode(),
    "biologic-mpt": _mpt,
    "table-text, spectra": _spectra,
    "table-text": lambda size: _table("a,b,c\n", "{i},{y},{z}\n", size),
    "bdf-csv": lambda size: _table("Test Time / s,Voltage / V,Current / A\n", "{i},{z:.1f},{y}\n", size),
    "landt-csv": lambda size: _table("cycle_index,step_index,date_time_iso_string,test_time_s,current_A,voltage_V,step_name\n", "1,1,04/30/2024 14:33:19,{i},{z:.1f},{y},rest\n", size),
    "maccor-text": lambda size: _table("Rec#\tCyc#\tStep\tTestTime\tStepTime\tAmps\tVolts\tState\n", "{i}\t0\t1\t  0d 00:00:05.{i:02d}\t  0d 00:00:01.50\t{z}\t{y}\tR\n", size),
    "setaram-text": _setaram,
    "mettler-text": _mettler,
    "baehr-text": _baehr,
    "netzsch-text": _netzsch,
    "vamas": _vamas,
    "scienta-text": _scienta,
    "specs-xy": _specs,
    "mastersizer": _mastersizer,
    "esprit-text": _esprit,
    "neware-xlsx": _workbook,
    "picture": _bmp,
    "tiff": _tif,
}  # fmt: skip
