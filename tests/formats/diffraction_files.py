"""The smallest diffraction files of each kind, made by hand: for the tests of the readers and of damaged files."""

from __future__ import annotations

import io
import struct
import zipfile

COUNTS = (3, 5, 8, 100, 9, 4)
_PRINTED = "3 5 8 100 9 4"


def xrdml(*, version="2.1", points=None, extra="", before="", counts=_PRINTED, scans=1, status="Completed"):
    """Schema 2.x writes counts, 1.x intensities; ``points`` replaces the positions, ``extra`` goes below them."""
    tag = "counts" if version.startswith("2") else "intensities"
    positions = points or (
        '<positions axis="2Theta" unit="deg"><startPosition>10</startPosition><endPosition>11</endPosition></positions>'
        '<positions axis="Omega" unit="deg"><startPosition>5</startPosition><endPosition>5.5</endPosition></positions>'
        '<positions axis="Phi" unit="deg"><commonPosition>30.0</commonPosition></positions>'
    )
    scan = (
        f'<scan appendNumber="0" mode="Continuous" scanAxis="Gonio" status="{status}"><header><startTimeStamp>2020-10-08T14:14:22+01:00'
        f'</startTimeStamp></header>{before}<dataPoints>{positions}{extra}<commonCountingTime unit="seconds">2.50</commonCountingTime>'
        f'<{tag} unit="counts">{counts}</{tag}></dataPoints></scan>'
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<xrdMeasurements xmlns="http://www.xrdml.com/XRDMeasurement/{version}" status="Completed">\n'
        "<sample><id></id><name>LATP</name></sample>\n"
        '<xrdMeasurement measurementType="Scan"><usedWavelength intended="K-Alpha"><kAlpha1 unit="Angstrom">1.5405980</kAlpha1>'
        "<kAlpha2>1.5444260</kAlpha2><ratioKAlpha2KAlpha1>0.5000</ratioKAlpha2KAlpha1></usedWavelength>\n"
        '<incidentBeamPath><radius unit="mm">240.00</radius><xRayTube name="t"><tension unit="kV">40</tension><anodeMaterial>Cu</anodeMaterial>'
        '</xRayTube><divergenceSlit name="Fixed slit 1/4"><height unit="mm">0.38</height></divergenceSlit></incidentBeamPath>\n'
        '<diffractedBeamPath><radius unit="mm">240.00</radius></diffractedBeamPath>\n'
        f"{scan * scans}</xrdMeasurement></xrdMeasurements>\n"
    )  # fmt: skip


def udf(*, end="10.1000", closing="/"):
    body = ", ".join(map(str, COUNTS[:4])) + ",\n" + ", ".join(map(str, COUNTS[4:]))
    return (
        "SampleIdent,LATP 900,/\nTitle1,a, b,/\nTitle2,,/\nAnode,Cu,/\nLabdaAlpha1, 1.54060,/\nDivergenceSlit,Fixed, 1/2,/\n"
        f"FileDateTime,03-jun-2025 15:55,/\nDataAngleRange,  10.0000, {end},/\nScanStepSize,   0.020,/\nScanStepTime,    5.00,/\nRawScan\n"
        f"{body}{closing}\n"
    )


def _put(content, layout, at, *values):
    struct.pack_into("<" + layout, content, at, *values)


def raw1(ranges=1, *, with_word=True):
    whole = b""
    for number in range(ranges):
        head = bytearray(156)
        head[:4] = b"RAW "
        _put(head, "Iff", 4, len(COUNTS), 2.0, 0.5)
        _put(head, "I4f", 16, 0, 0.0, 10.0 + number, 5.0, -1e6)
        _put(head, "f", 36, -1e6)
        head[40:44] = b"LATP"
        _put(head, "ff", 72, 1.5406, 1.54439)
        _put(head, "I", 152, ranges - 1 - number)
        block = bytes(head) + struct.pack(f"<{len(COUNTS)}f", *COUNTS)
        whole += block if with_word or not number else block[4:]
    return whole


def raw2(ranges=2):
    content = bytearray(256)
    content[:4] = b"RAW2"
    _put(content, "H", 4, ranges)
    content[168:177] = b"13-FEB-95"
    content[188:190] = b"Cu"
    _put(content, "3f", 190, 1.5406, 1.54439, 0.5)
    for number in range(ranges):
        head = bytearray(48)
        _put(head, "HH", 0, 48, len(COUNTS))
        _put(head, "3f", 8, 2.0, 0.5, 10.0 + number)
        _put(head, "H", 46, 300 + 100 * number)
        content += head + struct.pack(f"<{len(COUNTS)}f", *COUNTS)
    return bytes(content)


def raw101(ranges=2, *, mask=0, kind=0, supplement=7, points=6):
    content = bytearray(712)
    content[:7] = b"RAW1.01"
    _put(content, "II", 8, 1, ranges)
    content[16:24], content[26:34] = b"03/21/07", b"10:11:12"
    content[326:330] = b"LATP"
    _put(content, "f", 564, 217.5)
    content[608:610] = b"Cu"
    _put(content, "5d", 616, 1.5418, 1.5406, 1.54439, 1.39222, 0.5)
    for number in range(ranges):
        head = bytearray(304)
        _put(head, "II", 0, 304, points)
        _put(head, "dd", 8, 5.0 + number, 10.0 + 2 * number)
        _put(head, "d", 176, 0.02)
        _put(head, "fI", 192, 1.5, kind)
        _put(head, "II", 224, 40, 30)
        _put(head, "d", 240, 1.5406)
        varying = bin(mask).count("1")
        _put(head, "III", 248, mask, 4 + 8 * varying, supplement)
        content += head + bytes(supplement)
        for k, value in enumerate(COUNTS):
            content += struct.pack("<f", value) + struct.pack(f"<{varying}d", *[10.0 + 0.02 * k] * varying)
    return bytes(content)


def raw4(ranges=1, *, size=4, drive=b"2Theta", scan_type=b"Locked Coupled"):
    content = bytearray(61)
    content[:7] = b"RAW4.00"
    content[12:22], content[24:32] = b"07/11/2018", b"15:55:31"
    name = bytearray(40)
    _put(name, "II", 0, 10, 40)
    name[12:20], name[36:40] = b"SAMPLEID", b"LATP"
    hardware = bytearray(136)
    _put(hardware, "II", 0, 30, 136)
    _put(hardware, "f", 24, 217.5)
    _put(hardware, "5d", 72, 1.5418, 1.5406, 1.54439, 1.39222, 0.5)
    hardware[116:118] = b"Cu"
    content += name + hardware
    for number in range(ranges):
        head = bytearray(160)
        head[32 : 32 + len(scan_type)] = scan_type
        _put(head, "ddIf", 72, 10.0 + number, 0.02, len(COUNTS), 77.9)
        _put(head, "ff", 100, 40.0, 25.0)
        _put(head, "d", 112, 1.5406)
        _put(head, "II", 136, size, 64)
        one = bytearray(64)
        _put(one, "II", 0, 50, 64)
        one[12 : 12 + len(drive)] = drive
        _put(one, "d", 56, 10.0 + number)
        content += head + one
        for value in COUNTS:
            content += struct.pack("<f", value) + bytes(size - 4)
    return bytes(content)


def _zip(members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return stream.getvalue()


def brml(*, routes=1, length=1, rows=None, temperature="", views=True, declared=""):
    """``length`` channels a point; ``temperature`` adds a recorded column of that unit."""
    if rows is None:
        rows = [f"1,2.5,{10 + 0.02 * k:.2f},{5 + 0.01 * k:.2f}," + ",".join([f"{2.5 * c:g}" for _ in range(length)]) + (",450" if temperature else "")
                for k, c in enumerate(COUNTS)]  # fmt: skip
    heat = (
        f'<RawDataView xsi:type="RecordedRawDataView" Start="{4 + length}" Length="1"><Recording LogicName="SampleTemperature">'
        f'<Unit Base="{temperature}" /></Recording></RawDataView>'
    )
    said = (
        '<DataViews><RawDataView xsi:type="FixedRawDataView" Start="0" Length="1" LogicName="MeasuredTime" Unit="s" />'
        '<RawDataView xsi:type="FixedRawDataView" Start="1" Length="1" LogicName="AbsorptionFactor" Unit="" />'
        '<RawDataView xsi:type="VaryingRawDataView" Start="2" Length="2"><Varying><FieldDefinitions FieldName="TwoTheta"><Restriction Unit="°" />'
        '</FieldDefinitions><FieldDefinitions FieldName="Theta"><Restriction Unit="°" /></FieldDefinitions></Varying></RawDataView>'
        f'<RawDataView xsi:type="RecordedRawDataView" Start="4" Length="{length}"><Recording LogicName="ScanCounter1"><Unit Base="Counts" />'
        f"</Recording></RawDataView>{heat if temperature else ''}</DataViews>"
    )
    route = (
        '<DataRoute RouteFlag="Measured"><ScanInformation ScanName="CoupledScan"><MeasurementPoints>6</MeasurementPoints><TimePerStep>0.5'
        f"</TimePerStep></ScanInformation>{''.join(f'<Datum>{row}</Datum>' for row in rows)}{said if views else ''}</DataRoute>"
    )
    text = (
        f'<?xml version="1.0"?>\n{declared}<RawData xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><TimeStampStarted>'
        f"2023-01-26T15:23:09.8+01:00</TimeStampStarted><DataRoutes>{route * routes}</DataRoutes><FixedInformation><TubeMaterial>Cu</TubeMaterial>"
        '<WaveLengthAlpha1 Unit="Å" Value="1.5406" /></FixedInformation></RawData>'
    )
    return _zip({"experimentCollection.xml": "<x/>", "Experiment0/RawData0.xml": text})


def rasx(*, temperatures=("550",), rows=None, conditions=True, axis="Temp", unit="C"):
    """One profile a temperature."""
    members = {"root.xml": "<Root/>"}
    for k, position in enumerate(temperatures):
        members[f"Data{k}/Profile{k}.txt"] = "\ufeff" + (
            rows or "".join(f"{10 + 0.02 * i:.4f}\t{c}\t1\n" for i, c in enumerate(COUNTS))
        )
        if conditions:
            members[f"Data{k}/MesurementConditions{k}.xml"] = (
                '<?xml version="1.0"?><MeasurementConditions><HWConfigurations><Categories><Category Name="AttachmentHead" SelectedUnit="HTK1200" />'
                "</Categories><XrayGenerator><TargetName>Cu</TargetName><WavelengthKalpha1>1.540593</WavelengthKalpha1></XrayGenerator></HWConfigurations>"
                f'<Axes><Axis Name="CW_Temperature1" Unit="C" Position="24.5" State="Fixed" /><Axis Name="{axis}" Unit="{unit}" Position="{position}" '
                f'EndPosition="{position}" State="Fixed" /><Axis Name="IS" Unit="" Position="1/6deg" State="Fixed" /></Axes><ScanInformation>'
                "<AxisName>TwoThetaTheta</AxisName><PositionUnit>deg</PositionUnit><IntensityUnit>counts</IntensityUnit><DataCount>6</DataCount>"
                "<StartTime>2025-03-07T13:28:15Z</StartTime></ScanInformation></MeasurementConditions>"
            )  # fmt: skip
    return _zip(members)


def ras(*, scans=1, axis="Temp", factors=(1.0,) * 6, end="*RAS_INT_END\n"):
    text = "*RAS_DATA_START\n"
    for k in range(scans):
        rows = "".join(
            f"{10 + 0.02 * i:.4f} {c:.4f} {f:.4f}\n" for i, (c, f) in enumerate(zip(COUNTS, factors, strict=True))
        )
        text += (
            '*RAS_HEADER_START\n*FILE_SAMPLE "LATP"\n*HW_XG_TARGET_NAME "Cu"\n*HW_XG_WAVE_LENGTH_ALPHA1 "1.540593"\n*MEAS_COND_AXIS_NAME-0 "CW_Temperature1"\n'
            f'*MEAS_COND_AXIS_NAME-1 "{axis}"\n*MEAS_COND_AXIS_POSITION-0 "24.5"\n*MEAS_COND_AXIS_POSITION-1 "{100 * (k + 1)}"\n'
            '*MEAS_COND_AXIS_UNIT-0 "C"\n*MEAS_COND_AXIS_UNIT-1 "C"\n*MEAS_DATA_COUNT "6"\n*MEAS_SCAN_AXIS_X "TwoThetaTheta"\n'
            f'*MEAS_SCAN_START_TIME "11/21/2017 08:32:31"\n*MEAS_SCAN_UNIT_X "deg"\n*MEAS_SCAN_UNIT_Y "counts"\n*RAS_HEADER_END\n*RAS_INT_START\n{rows}{end}'
        )  # fmt: skip
    return text + "*RAS_DATA_END\n"


def gsas(kind="STD", *, points=6, binning="CONST", banks=1):
    rows = {
        "STD": "".join(f"{'' if k else 2!s:>2}{c:6d}" for k, c in enumerate(COUNTS)) + "       0" * 4,
        "ESD": "".join(f"{c:8d}{c**0.5:8.3f}" for c in COUNTS[:5]) + "\n" + f"{COUNTS[5]:8d}{2.0:8.3f}",
        "FXYE": "\n".join(f"{1500 + 2 * k} {c} {c**0.5:.4f}" for k, c in enumerate(COUNTS)),
        "FXY": "\n".join(f"{1500 + 2 * k} {c}" for k, c in enumerate(COUNTS)),
    }
    text = "LATP at 300 K\n# made by hand\n"
    for bank in range(banks):
        text += f"BANK {bank + 1} {points} 1 {binning} 1500.0 2.0 0 0 {kind}\n{rows.get(kind, rows['STD'])}\n"
    return text


def pdcif(*, items="_diffrn_ambient_temperature 294.0\n", name="meas", first="10.00 3 ?", angle="_pd_meas_2theta_scan"):
    rows = "".join(f"{10 + 0.02 * k:.2f} {c}({k}) 1.0\n" for k, c in enumerate(COUNTS[1:], start=1))
    return (
        f"# by hand\ndata_latp_{name}\n{items}_pd_phase_name 'LATP it''s one'\n_text\n;\n words loop_ data_x\n;\n"
        f"loop_\n {angle}\n _pd_meas_counts_total\n _pd_proc_ls_weight\n{first}\n{rows}"
    )


def uxd(*, marker="_COUNTS", drive="COUPLED", ranges=1, extra=""):
    rows = (
        "   ".join(map(str, COUNTS))
        if marker in ("_COUNTS", "_CPS")
        else "\n".join(f"{10 + 0.02 * k:.2f}  {c}" for k, c in enumerate(COUNTS))
    )
    one = f"; range\n_DRIVE='{drive}'\n_STEPTIME=1.5\n_STEPSIZE=0.02\n_START=10.0\n{extra}{marker}\n {rows}\n"
    return f"; made by hand\n_FILEVERSION=2\n_SAMPLE='LATP'\n_WL1=1.540600\n{one * ranges}"


def cpi(counts=COUNTS):
    return (
        "SIETRONICS XRD SCAN\n10.00\n10.10\n0.020\nCu\n1.54056\n1-1-1990\n0.600\nLATP\nSCANDATA\n"
        + "\n".join(map(str, counts))
        + "\n"
    )


def eva(rows="10.0 4.852\n10.02 -0.1\n"):
    return (
        f'\'Id: "" Comment: "c" Operator: "" Anode: "Cu" Scantype: "Coupled TwoTheta/Theta" TimePerStep: "96" \n{rows}'
    )


def xy(points=200, *, third="", step=0.02, start=10.0):
    def row(k):
        y = 40 + 37 * k % 91
        return f"{start + step * k:.3f} {y}{ {'esd': f' {y**0.5:.4f}', 'background': f' {y + 4}'}.get(third, '') }"

    return "\n".join(row(k) for k in range(points)) + "\n"


def dat(points=251):
    return (
        "10.0 0.02 15.0 LATP\n"
        + "".join(f"{100 + 37 * k % 91}{' ' if (k + 1) % 10 else chr(10)}" for k in range(points))
        + "\n"
    )


FILES = {
    "xrdml": xrdml().encode(), "philips-udf": udf().encode(), "bruker-raw1": raw1(2), "bruker-raw2": raw2(), "bruker-raw1.01": raw101(),
    "bruker-raw4": raw4(2), "bruker-brml": brml(), "rigaku-ras": ras(scans=2).encode(), "rigaku-rasx": rasx(), "gsas-data": gsas().encode(),
    "pdcif": pdcif().encode(), "bruker-uxd": uxd(ranges=2).encode(), "sietronics-cpi": cpi().encode(), "bruker-eva-xy": eva().encode(),
    "powder-xy": xy().encode(), "powder-dat": dat().encode(),
}  # fmt: skip
