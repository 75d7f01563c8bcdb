"""Exports of eye trackers, in small files of their documented layouts."""

import gzip
import json

import numpy as np
import pytest
from PIL import Image

from psysal.gaze import dataset, read_export

SIZES = {"cat.png": (200, 300), "dog.png": (240, 160)}
SCREEN = (800, 600)
PATHS = {  # x and y of the fixations, by subject and image
    ("ann", "cat.png"): [(30.0, 20.0), (280.5, 150.25), (100.0, 100.0)],
    ("ann", "dog.png"): [(80.0, 120.0), (20.0, 200.5)],
    ("bob", "cat.png"): [(60.0, 60.0)],
    ("bob", "dog.png"): [(150.0, 30.0), (75.25, 90.0), (10.0, 10.0)],
}
TRUTH = [
    (image, subject, order, x, y, 100.0 + 10 * order)
    for (subject, image), path in PATHS.items()
    for order, (x, y) in enumerate(path)
]


def on_screen(image, x, y):
    """Position on the screen of an image in its middle."""
    rows, cols = SIZES[image]
    return x + (SCREEN[0] - cols) / 2, y + (SCREEN[1] - rows) / 2


def share(image, x, y):
    rows, cols = SIZES[image]
    return x / cols, y / rows


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "images").mkdir()
    for name, (rows, cols) in SIZES.items():
        Image.new("L", (cols, rows)).save(tmp_path / "images" / name)
    return tmp_path


def read(folder, format, pattern, more="", warnings=()):
    """Rows of the set, with the sentences that were said."""
    (folder / "dataset.toml").write_text(
        f'images = "images/*.png"\nformat = "{format}"\nfixations = "{pattern}"\n{more}'
    )
    said = []
    fixations = dataset(folder, on_warning=said.append).fixations
    columns = ("image", "subject", "order", "x", "y", "duration")
    rows = zip(*(getattr(fixations, name).tolist() for name in columns), strict=True)
    assert len(said) == len(warnings), said
    assert all(part in sentence for part, sentence in zip(warnings, said, strict=True)), said
    return sorted(rows, key=lambda row: (row[1], row[0], row[2]))


def assert_truth(rows, durations=True):
    assert [row[:3] for row in rows] == [row[:3] for row in TRUTH]
    width = 6 if durations else 5
    np.testing.assert_allclose(
        [row[3:width] for row in rows], [row[3:width] for row in TRUTH], atol=1e-3
    )


def write(path, header, rows, separator="\t", decimal=".", encoding="utf-8"):
    def cell(value):
        return str(value).replace(".", decimal) if isinstance(value, float) else str(value)

    path.parent.mkdir(exist_ok=True, parents=True)
    lines = [separator.join(map(cell, row)) for row in [header, *rows]]
    path.write_bytes(("\n".join(lines) + "\n").encode(encoding))


# --- Tobii -------------------------------------------------------------------

LAB = [
    *("Recording timestamp", "Participant name", "Recording name", "Presented Stimulus name"),
    *("Presented Media name", "Gaze point X", "Gaze point Y", "Eye movement type"),
    *("Gaze event duration", "Eye movement type index", "Fixation point X", "Fixation point Y"),
]
PLACE = [
    *("Presented Media width", "Presented Media height"),
    *("Presented Media position X (DACSpx)", "Presented Media position Y (DACSpx)"),
]
NORM = ["Fixation point X (MCSnorm)", "Fixation point Y (MCSnorm)"]
RESOLUTION = ["Recording resolution width", "Recording resolution height"]


def lab_rows(*, scale=1, norm=False, resolution=False, place=False):
    """Three samples a fixation, and saccades between them, of Tobii Pro Lab."""
    time, index = 1000, 0
    for (subject, image), path in PATHS.items():
        rows, cols = SIZES[image]
        left, top = (SCREEN[0] - cols * scale) / 2, (SCREEN[1] - rows * scale) / 2
        for order, (x, y) in enumerate(path):
            index += 1
            sx, sy = left + x * scale, top + y * scale
            for kind in ("Fixation", "Fixation", "Fixation", "Saccade", "EyesNotFound"):
                time += 8333
                at = [sx, sy] if kind == "Fixation" else ["", ""]
                row = [time, subject, "Recording1", image[:3], image, sx + 3, sy, kind]
                row += [100 + 10 * order, index, *at]
                if place:
                    row += [cols * scale, rows * scale, left, top]
                if norm:
                    row += [x / cols, y / rows] if kind == "Fixation" else ["", ""]
                yield row + ([*SCREEN] if resolution else [])


@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize(
    ("headings", "options"),
    [
        (PLACE, {"place": True, "scale": 2}),
        (NORM, {"norm": True, "scale": 2}),
        (RESOLUTION, {"resolution": True}),
    ],
    ids=["place of the media", "MCSnorm", "screen"],
)
def test_tobii_pro_lab(folder, headings, options, encoding, decimal):
    path = folder / "export.tsv"
    write(path, LAB + headings, lab_rows(**options), "\t", decimal, encoding)
    assert_truth(read(folder, "tobii", "export.tsv"))


def test_tobii_pro_lab_with_units_in_brackets(folder):
    named = {
        "Recording timestamp": "Recording timestamp [μs]",
        "Gaze event duration": "Gaze event duration [ms]",
        "Fixation point X": "Fixation point X [DACS px]",
        "Fixation point Y": "Fixation point Y [DACS px]",
        "Presented Media width": "Presented Media width [px]",
        "Presented Media height": "Presented Media height [px]",
        "Presented Media position X (DACSpx)": "Presented Media position X [DACS px]",
        "Presented Media position Y (DACSpx)": "Presented Media position Y [DACS px]",
    }
    header = [named.get(heading, heading) for heading in LAB + PLACE]
    write(folder / "export.tsv", header, lab_rows(place=True, scale=2))
    assert_truth(read(folder, "tobii", "export.tsv"))


def test_tobii_coordinates_of_an_unknown_screen_are_said_with_its_size(folder):
    write(folder / "export.tsv", LAB, lab_rows())
    with pytest.raises(ValueError, match=r"outside .*dataset\.toml:\nscreen = \[\d+, \d+\]"):
        read(folder, "tobii", "export.tsv")
    assert_truth(read(folder, "tobii", "export.tsv", f"screen = {[*SCREEN]}"))


def test_fixations_on_other_stimuli_are_left_out_and_said(folder):
    rows = list(lab_rows())
    for time in (1, 2):
        cross = [time, "ann", "Recording1", "cross", "cross.png", 1, 1, "Fixation", 100, 70, 1, 1]
        rows.append(cross)
    write(folder / "a.tsv", LAB, rows)
    said = ["1 of 10 fixations were left out, as they are on cross.png, which is none"]
    assert_truth(read(folder, "tobii", "a.tsv", f"screen = {[*SCREEN]}", warnings=said))
    write(folder / "a.tsv", LAB, rows[-2:])
    with pytest.raises(ValueError, match=r"fixations are on images that are not there: cross\.png"):
        read(folder, "tobii", "a.tsv")


def test_an_image_that_is_seen_again_goes_on_where_the_first_time_ended(folder):
    header = ["RECORDING_SESSION_LABEL", "TRIAL_INDEX", "CURRENT_FIX_START", "CURRENT_FIX_X"]
    places = [(trial, n) for trial in (1, 2) for n in (1, 2)]
    rows = [["ann", trial, 10 * n, n + 20 * trial, 5, "cat.png"] for trial, n in places]
    write(folder / "a.txt", [*header, "CURRENT_FIX_Y", "image"], rows)
    read_rows = read(folder, "eyelink", "a.txt", warnings=["subjects saw images again (1 in all)"])
    assert [row[2:4] for row in read_rows] == [(0, 21), (1, 22), (2, 41), (3, 42)]
    write(folder / "b.txt", [*header, "CURRENT_FIX_Y", "image"], [["ann", 1, 5, 7, 5, "cat.png"]])
    read_rows = read(folder, "eyelink", "?.txt", warnings=["subjects saw images again (1 in all)"])
    assert [row[2:4] for row in read_rows][3:] == [(3, 42), (4, 7)]


@pytest.mark.parametrize("scale", [1, 2])
def test_tobii_studio(folder, scale):
    header = ["ParticipantName", "RecordingName", "MediaName", "MediaWidth", "MediaHeight"]
    header += ["RecordingTimestamp", "FixationIndex", "SaccadeIndex", "GazeEventType"]
    header += ["GazeEventDuration", "FixationPointX (MCSpx)", "FixationPointY (MCSpx)", ""]
    rows, time = [], 0
    for (subject, image), path in PATHS.items():
        height, width = SIZES[image]
        for order, (x, y) in enumerate(path):
            for kind in ("Fixation", "Fixation", "Saccade"):
                time += 17
                row = [subject, "Rec 01", image, width * scale, height * scale, time, order + 1, ""]
                at = [x * scale, y * scale] if kind == "Fixation" else ["", ""]
                rows.append([*row, kind, 100 + 10 * order, *at, ""])
    write(folder / "studio.tsv", header, rows, decimal=",")
    assert_truth(read(folder, "tobii", "studio.tsv"))


def test_gaze_without_fixations_is_refused(folder):
    write(folder / "a.tsv", LAB[:7], [])
    with pytest.raises(ValueError, match=r"a\.tsv: columns of fixations .* gaze without fixations"):
        read(folder, "tobii", "a.tsv")
    write(folder / "a.tsv", ["a", "b"], [])
    with pytest.raises(ValueError, match=r"found a, b; is this an export of tobii\?"):
        read(folder, "tobii", "a.tsv")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ('{order = "Eye movement type index"}', "columns of an export must be among image"),
        ('{image = "Stimulus"}', "columns Stimulus were expected, found Recording timestamp"),
        ('{x = "Fixation point X"}', "columns must name both x and y"),
    ],
)
def test_columns_of_an_export_that_cannot_be_right_are_refused(folder, columns, message):
    write(folder / "a.tsv", LAB, lab_rows())
    with pytest.raises(ValueError, match=rf"a\.tsv: {message}"):
        read(folder, "tobii", "a.tsv", f"columns = {columns}")


def test_columns_of_an_export_may_have_other_names(folder):
    header = [heading.replace("Fixation point", "My") for heading in LAB]
    write(folder / "a.tsv", header, lab_rows())
    more = f'columns = {{x = "My X", y = "My Y"}}\nscreen = {[*SCREEN]}'
    assert_truth(read(folder, "tobii", "a.tsv", more))


# --- EyeLink -----------------------------------------------------------------


def asc(subject, *, load=None, late=False, eyes="R", sync=True):
    """ASC file of a subject: a trial for each image, with a fixation before it is shown."""
    lines = ["** CONVERTED FROM ann.edf", f"MSG\t100 DISPLAY_COORDS 0 0 {SCREEN[0] - 1} 599"]
    time = 1000
    for number, image in enumerate(SIZES):
        path = PATHS[subject, image]
        lines += [f"MSG\t{time} TRIALID {number}", f"START\t{time + 1} \tRIGHT\tEVENTS"]
        for eye in eyes:
            lines += [f"SFIX {eye}   {time + 2}"]
            lines += [f"EFIX {eye}   {time + 2}\t{time + 50}\t48\t  400.0\t  300.0\t   1100"]
        rows, cols = SIZES[image]
        message = f"MSG\t{time + 60} " + (load or "image {name}").format(
            name=image, cx=400, cy=300, w=cols * 2, h=rows * 2, left=10, top=20
        )
        if sync:
            lines.append(f"MSG\t{time + 60} SYNCTIME")
        lines += [] if late else [message]
        time += 100
        for order, (x, y) in enumerate(path):
            duration = 100 + 10 * order
            rows, cols = SIZES[image]
            sx, sy = on_screen(image, x, y)
            if load and "{w}" in load:
                sx, sy = 400 + (x - cols / 2) * 2, 300 + (y - rows / 2) * 2
            elif load and "{left}" in load:
                sx, sy = x + 10, y + 20
            elif load and "FILL" in load:
                sx, sy = x / cols * SCREEN[0], y / rows * SCREEN[1]
            for eye in eyes:
                lines.append(
                    f"EFIX {eye}   {time}\t{time + duration}\t{duration}\t  {sx}\t  {sy}\t   1203"
                )
            lines.append(f"ESACC R   {time}\t{time + 20}\t20\t  1.0\t  2.0\t  3.0\t  4.0\t 5\t 6")
            time += duration + 20
        lines += [f"MSG\t{time} {message.partition(' ')[2]}"] if late else []
        lines += [f"END\t{time} \tEVENTS\tRES\t  30\t  30", f"MSG\t{time + 1} TRIAL_RESULT 0"]
        time += 500
    return "\n".join(lines) + "\n"


LOADS = {
    "a message": None,
    "center": "!V IMGLOAD CENTER images/{name} {cx} {cy}",
    "center, scaled": "!V IMGLOAD CENTER ../images/{name} {cx} {cy} {w} {h}",
    "top left": "-12 !V IMGLOAD TOP_LEFT {name} {left} {top}",
    "fill": "!V IMGLOAD FILL {name}",
}
FIRST = "2 fixations while no image was shown"


@pytest.mark.parametrize("load", LOADS)
def test_eyelink_asc(folder, load):
    for subject in ("ann", "bob"):
        (folder / f"{subject}.asc").write_text(asc(subject, load=LOADS[load]))
    assert_truth(read(folder, "eyelink", "*.asc", warnings=[FIRST, FIRST]))


def test_eyelink_messages_that_come_at_the_end_of_the_trial(folder):
    for subject in ("ann", "bob"):
        (folder / f"{subject}.asc").write_text(asc(subject, load=LOADS["center"], late=True))
    assert_truth(read(folder, "eyelink", "*.asc", warnings=[FIRST, FIRST]))


def test_eyelink_recordings_of_two_eyes_give_one(folder):
    for subject in ("ann", "bob"):
        (folder / f"{subject}.asc").write_text(asc(subject, eyes="LR", sync=False))
    said = ["two eyes were found", "4 fixations while", "two eyes were found", "4 fixations while"]
    assert_truth(read(folder, "eyelink", "*.asc", warnings=said))


def test_eyelink_with_a_stated_screen_does_without_imgload(folder):
    for subject in ("ann", "bob"):
        (folder / f"{subject}.asc").write_text(asc(subject, load=LOADS["center"]))
    more = f"screen = {[*SCREEN]}"
    assert_truth(read(folder, "eyelink", "*.asc", more, warnings=[FIRST, FIRST]))


def test_eyelink_gaze_coords_tell_the_screen_too(folder):
    for subject in ("ann", "bob"):
        text = asc(subject).replace("DISPLAY_COORDS 0 0 799 599", "GAZE_COORDS 0.0 0.0 799.0 599.0")
        (folder / f"{subject}.asc").write_text(text)
    assert_truth(read(folder, "eyelink", "*.asc", warnings=[FIRST, FIRST]))


def test_eyelink_refusals(folder):
    (folder / "a.asc").write_text("EVENTS\tHREF\tRIGHT\nEFIX R 10 20 10 1 1 1\n")
    with pytest.raises(ValueError, match=r"a\.asc: line 1: EVENTS GAZE was expected, found EVENTS"):
        read(folder, "eyelink", "a.asc")
    (folder / "a.asc").write_text("MSG 1 TRIALID 1\nSAMPLES GAZE\n10 400.0 300.0 1000 ...\n")
    with pytest.raises(ValueError, match=r"a\.asc: lines EFIX were expected, .*edf2asc -e"):
        read(folder, "eyelink", "a.asc")
    (folder / "a.asc").write_text("MSG 1 show cat.png\nEFIX R 10 twenty 10 1 1 1\n")
    with pytest.raises(ValueError, match=r"a\.asc: line 2: EFIX with an eye"):
        read(folder, "eyelink", "a.asc")
    (folder / "a.asc").write_text("EFIX R 10 20 10 1 1 1\n")
    with pytest.raises(ValueError, match=r"a\.asc: fixations on images were expected, found none"):
        read(folder, "eyelink", "a.asc", warnings=["no image was shown"])
    (folder / "a.asc").write_text("MSG 1 show cat.png\nEFIX R 10 20 10 . . 1\n")
    with pytest.raises(ValueError, match=r"a\.asc: fixations on images were expected, found none"):
        read(folder, "eyelink", "a.asc", warnings=["without a position"])


def test_eyelink_fixation_reports(folder):
    header = ["RECORDING_SESSION_LABEL", "TRIAL_INDEX", "CURRENT_FIX_INDEX", "CURRENT_FIX_START"]
    header += ["CURRENT_FIX_X", "CURRENT_FIX_Y", "CURRENT_FIX_DURATION", "NEXT_FIX_X", "IMAGE"]
    rows = [
        [subject, 1, order + 1, 10 + 300 * order, x, y, int(duration), ".", image]
        for image, subject, order, x, y, duration in TRUTH
    ]
    write(folder / "report.xls", header, rows, decimal=",")
    assert_truth(read(folder, "eyelink", "report.xls"))
    write(folder / "report.xls", [*header[:-1], "trialpic"], rows)
    with pytest.raises(ValueError, match="names of images was expected, found REC"):
        read(folder, "eyelink", "report.xls")
    assert_truth(read(folder, "eyelink", "report.xls", 'columns = {image = "trialpic"}'))


# --- SMI ---------------------------------------------------------------------


def test_smi_event_statistics(folder):
    header = ["Trial", "Stimulus", "Participant", "Eye L/R", "Category", "Index"]
    header += ["Event Start Trial Time [ms]", "Event Duration [ms]", "Fixation Position X [px]"]
    header += ["Fixation Position Y [px]"]
    rows = []
    for image, subject, order, x, y, duration in TRUTH:
        for eye in ("Left", "Right"):
            start = 500.5 * order
            rows.append(["T1", image, subject, eye, "Visual Intake", order + 1, start, duration, x])
            rows[-1].append(y)
            rows.append(["T1", image, subject, eye, "Saccade", order + 1, start, 20.0, "-", "-"])
    write(folder / "events.txt", header, rows, ",")
    assert_truth(read(folder, "smi", "events.txt", warnings=["two eyes"]))


def test_smi_events_of_idf(folder):
    for subject in ("ann", "bob"):
        lines = ["[BeGaze]", "Converted from:\tann.idf", f"Calibration Area:\t{SCREEN[0]}\t600"]
        lines += [f"Subject:\t{subject}", "", "Table Header for Fixations:"]
        lines += ["Event Type\tTrial\tNumber\tStart\tEnd\tDuration\tLocation X\tLocation Y\tPlane"]
        lines += ["Table Header for Saccades:", "Event Type\tTrial\tNumber\tStart\tEnd", ""]
        time = 3382450806427
        for trial, image in enumerate(SIZES, 1):
            lines.append(f"UserEvent\t{trial}\t1\t{time}\t# Message: {image}")
            for order, (x, y) in enumerate(PATHS[subject, image]):
                sx, sy = on_screen(image, x, y)
                end = time + 100_000 + 10_000 * order
                lines.append(
                    f"Fixation L\t{trial}\t{order + 1}\t{time}\t{end}\t{end - time}\t{sx}\t{sy}\t-1"
                )
                lines.append(f"Saccade L\t{trial}\t1\t{end}\t{end + 1000}")
                time = end + 20_000
        (folder / f"{subject}_events.txt").write_text("\n".join(lines) + "\n")
    assert_truth(read(folder, "smi", "*_events.txt"))


# --- Pupil Labs --------------------------------------------------------------


def test_pupil_core_surfaces(folder):
    header = ["world_timestamp", "world_index", "fixation_id", "start_timestamp", "duration"]
    header += ["dispersion", "norm_pos_x", "norm_pos_y", "x_scaled", "y_scaled", "on_surf"]
    for (subject, image), path in PATHS.items():
        rows = []
        for order, (x, y) in enumerate(path):
            sx, sy = share(image, x, y)
            for frame, (jitter, on) in enumerate(((-0.001, True), (0, True), (0.001, True))):
                rows.append([1.5 + order, frame, 7 + order, 1.25 + order, 100.0 + 10 * order, 0.9])
                rows[-1] += [sx + jitter, 1 - sy, 0.0, 0.0, on]
            rows.append([9.0, 1, 90 + order, 9.0, 100.0, 0.9, 1.7, -3.0, 0.0, 0.0, False])
        name = f"{subject}/exports/000/surfaces/fixations_on_surface_{image[:3]}.csv"
        write(folder / name, header, rows, ",")
    assert_truth(read(folder, "pupil", "*/exports/000/surfaces/fixations_on_surface_*.csv"))


@pytest.mark.parametrize("kind", ["normalized", "px"])
def test_pupil_cloud_enrichments(folder, kind):
    detected = {"normalized": "on surface", "px": "in reference image"}[kind]
    header = ["section id", "recording id", "fixation id", "start timestamp [ns]"]
    header += ["end timestamp [ns]", "duration [ms]", f"fixation detected {detected}"]
    header += [f"fixation x [{kind}]", f"fixation y [{kind}]"]
    for image in SIZES:
        rows = []
        for name, subject, order, x, y, duration in TRUTH:
            if name == image:
                at = (x, y) if kind == "px" else share(image, x, y)
                start = 1632990510123456789 + order * 10**9
                rows.append(["s", subject, order + 1, start, start, int(duration), "true", *at])
        rows.append(["s", "ann", 70, 1632990519123456789, 0, 100, "false", "", ""])
        folder_name = {"px": f"{image[:3]}_REFERENCE-IMAGE-MAPPER_x", "normalized": image[:3]}[kind]
        write(folder / folder_name / "fixations.csv", header, rows, ",")
    assert_truth(read(folder, "pupil", "*/fixations.csv"))


@pytest.mark.parametrize("heading", ["norm_pos_{}", "fixation {} [px]"])
def test_positions_in_the_camera_of_a_headset_are_refused(folder, heading):
    write(folder / "fixations.csv", ["id", heading.format("x"), heading.format("y")], [], ",")
    with pytest.raises(ValueError, match=r"fixations\.csv: .* in the camera of a headset; map"):
        read(folder, "pupil", "fixations.csv")


# --- PsychoPy ----------------------------------------------------------------

PSYCHOPY = {
    "pix": ("", lambda x, y: (x, y)),
    "height": ('units = "height"\n', lambda x, y: (x / SCREEN[1], y / SCREEN[1])),
    "norm": ('units = "norm"\n', lambda x, y: (2 * x / SCREEN[0], 2 * y / SCREEN[1])),
}


def psychopy_position(image, x, y, units):
    sx, sy = on_screen(image, x, y)
    return PSYCHOPY[units][1](sx - SCREEN[0] / 2, SCREEN[1] / 2 - sy)


@pytest.mark.parametrize("units", PSYCHOPY)
def test_psychopy_hdf5(folder, h5py, units):
    event = np.dtype([("session_id", "u4"), ("time", "f8"), ("eye", "u1"), ("duration", "f4"),
                      ("average_gaze_x", "f4"), ("average_gaze_y", "f4")])  # fmt: skip
    message = np.dtype([("time", "f8"), ("text", "S128")])
    for subject in ("ann", "bob"):
        time, ends, messages = 10.0, [], [(0.0, b"start")]
        for image in SIZES:
            messages.append((time, f"onset {image}".encode()))
            for order, (x, y) in enumerate(PATHS[subject, image]):
                duration = 0.1 + 0.01 * order
                time += duration + 0.02
                ends.append((1, time, 22, duration, *psychopy_position(image, x, y, units)))
        with h5py.File(folder / f"{subject}.hdf5", "w") as file:
            events = file.create_group("data_collection/events")
            events["eyetracker/FixationEndEvent"] = np.array(ends, event)
            events["experiment/MessageEvent"] = np.array(messages, message)
    more = PSYCHOPY[units][0] + ("" if units == "pix" else f"screen = {[*SCREEN]}\n")
    assert_truth(read(folder, "psychopy", "*.hdf5", more))
    if units != "pix":
        with pytest.raises(ValueError, match=r'dataset\.toml:\nunits = "\w+"\n# and screen = '):
            read(folder, "psychopy", "*.hdf5")
        with pytest.raises(ValueError, match=r"of its window, .* add screen = \[width, height\]"):
            read(folder, "psychopy", "*.hdf5", PSYCHOPY[units][0])


def test_psychopy_hdf5_without_fixations_is_refused(folder, h5py):
    with h5py.File(folder / "a.hdf5", "w") as file:
        file["data_collection/events/eyetracker/MonocularEyeSampleEvent"] = np.zeros(3)
    with pytest.raises(ValueError, match=r"a\.hdf5: fixations \(FixationEndEvent\) were expect"):
        read(folder, "psychopy", "a.hdf5")
    (folder / "a.hdf5").write_bytes(b"no hdf5")
    with pytest.raises(ValueError, match=r"a\.hdf5: HDF5 of ioHub was expected, found something"):
        read(folder, "psychopy", "a.hdf5")


def test_psychopy_tables(folder):
    header = ["participant", "image", "type", "time", "eye", "duration", "average_gaze_x"]
    rows = [
        (subject, image, kind, 1.5 + order, "LEFT", duration / 1000, *at)
        for image, subject, order, x, y, duration in TRUTH
        for at in [psychopy_position(image, x, y, "pix")]
        for kind in ("FIXATION_START", "FIXATION_END")
    ]
    write(folder / "events.csv", [*header, "average_gaze_y"], rows, ",")
    assert_truth(read(folder, "psychopy", "events.csv"))


# --- BIDS --------------------------------------------------------------------


@pytest.mark.parametrize("in_ms", [False, True])
@pytest.mark.parametrize("names", ["events", "messages"])
def test_bids(folder, names, in_ms):
    for subject in ("ann", "bob"):
        stem = folder / f"sub-{subject}" / f"sub-{subject}_task-view"
        stem.parent.mkdir()
        gaze, events, stimuli, time = [], [], [], 5000
        for image in SIZES:
            onset = time
            if names == "messages":
                events.append((time, 0, "n/a", f"show {image}"))
            for order, (x, y) in enumerate(PATHS[subject, image]):
                duration = 100 + 10 * order
                events.append((time, duration if in_ms else duration / 1000, "fixation", "n/a"))
                at = on_screen(image, x, y)
                gaze += [(time + t, *at) for t in range(0, duration, 2)]
                gaze.append((time + duration, "n/a", "n/a"))
                time += duration + 20
                events.append((time - 20, 0.02, "saccade", "n/a"))
            stimuli.append([(onset - 5000) / 1000 + 0.5, (time - onset - 10) / 1000, image])
        for kind, rows, columns in (
            ("physio", gaze, ["timestamp", "x_coordinate", "y_coordinate"]),
            ("physioevents", events, ["onset", "duration", "trial_type", "message"]),
        ):
            info = {"Columns": columns, "timestamp": {"Units": "ms"}, "StartTime": 0.5}
            info |= {"x_coordinate": {"Units": "pixel"}}
            info |= {"StartTime": [0.5]} if in_ms else {"duration": {"Units": "seconds"}}
            info |= {"StimulusPresentation": {"ScreenResolution": [*SCREEN]}}
            base = f"{stem}_recording-eye1_{kind}"
            with open(f"{base}.json", "w") as file:
                json.dump(info, file)
            with gzip.open(f"{base}.tsv.gz", "wt") as file:
                file.write("\n".join("\t".join(map(str, row)) for row in rows) + "\n")
        if names == "events":
            header = ["onset", "duration", "stim_file"]
            write(stem.with_name(f"{stem.name}_events.tsv"), header, stimuli)
    assert_truth(read(folder, "bids", "sub-*/*_physioevents.tsv.gz"))


def test_bids_refusals(folder):
    path = folder / "sub-1_physioevents.tsv.gz"
    with pytest.raises(OSError, match="physioevents"):
        read_export([path], "bids")
    path.write_bytes(b"no gzip")
    with pytest.raises(OSError, match=r"physioevents\.json"):
        read_export([path], "bids")
    for text, reason in (("[" * 10_000, "it is nested too deep"), ("[1]", "")):
        (folder / "sub-1_physioevents.json").write_text(text)
        with pytest.raises(ValueError, match=rf"json: JSON with Columns was expected \({reason}"):
            read_export([path], "bids")
    (folder / "sub-1_physioevents.json").write_text('{"Columns": ["onset"]}')
    with pytest.raises(ValueError, match=r"tsv\.gz: a table compressed by gzip was expected"):
        read_export([path], "bids")
    path.write_bytes(gzip.compress(b"1\t2\n"))
    with pytest.raises(ValueError, match=r"1 columns were expected, as in .*json, found 2"):
        read_export([path], "bids")
    path.write_bytes(gzip.compress(b"1\t2\tsaccade\n"))
    for kind, columns in (
        ("physioevents", ["onset", "duration", "trial_type"]),
        ("physio", ["timestamp", "x_coordinate", "y_coordinate"]),
    ):
        (folder / f"sub-1_{kind}.json").write_text(json.dumps({"Columns": columns}))
    (folder / "sub-1_physio.tsv.gz").write_bytes(gzip.compress(b"1\t2\t3\n"))
    with pytest.raises(ValueError, match="rows of the trial_type fixation were expected"):
        read_export([path], "bids")
    path.write_bytes(gzip.compress(b"one\t2\tfixation\n"))
    with pytest.raises(ValueError, match=r"tsv\.gz: onset must be numbers \(.*'one'"):
        read_export([path], "bids")
    path.write_bytes(gzip.compress(b"1\t2\tfixation\n"))
    (folder / "sub-1_events.json").write_text("[" * 10_000)
    with pytest.raises(ValueError, match=r"sub-1_events\.json: .* object .* \(it is nested"):
        read_export([path], "bids")
    with pytest.raises(ValueError, match="gaze alone needs fixations detected first"):
        read_export([folder / "sub-1_physio.tsv.gz"], "bids")
