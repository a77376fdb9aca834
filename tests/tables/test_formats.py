from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import TableError
from recommender.tables import Finding, TableReading, read_runs
from recommender.tables.delimited import read_delimited
from recommender.tables.markdown import read_markdown
from recommender.tables.table import MAX_BYTES

Read = Callable[..., TableReading]
Write = Callable[..., Path]

ROWS = [("run", "lr", "loss"), ("a", "0.0005", "0.48"), ("b", "0.001", "")]
MARKDOWN = "\n".join(
    [
        "Some prose | with a pipe",
        "",
        "| run | lr | loss |",
        "|-----|:---|---:|",
        "| a | 0.0005 | 0.48 |",
        "| b | 0.001 |  |",
        "",
    ]
)
JSON_LINES = '{"run": "a", "lr": 0.0005, "loss": 0.48}\n{"run": "b", "lr": 0.001, "loss": null}\n'


def joined(delimiter: str) -> str:
    return "".join(delimiter.join(row) + "\n" for row in ROWS)


@pytest.mark.parametrize(
    ("content", "suffix"),
    [
        (MARKDOWN, ".md"),
        (MARKDOWN, ".txt"),
        (MARKDOWN.replace("\n", "\r\n"), ".markdown"),
        (joined(","), ".csv"),
        (joined(";"), ".csv"),
        (joined("\t"), ".csv"),
        (joined("\t"), ".tsv"),
        (joined(","), ".txt"),
        (joined("\t").replace("\n", "\r"), ".txt"),
        (JSON_LINES, ".jsonl"),
        (JSON_LINES, ".log"),
        ("\ufeff" + joined(","), ".csv"),
        (joined(",").encode("utf-16"), ".csv"),
    ],
)
def test_every_format_gives_the_same_runs(read: Read, content: str, suffix: str) -> None:
    reading = read(content, suffix=suffix)
    found = [(run.label, dict(run.params), dict(run.metrics)) for run in reading.runs]
    assert found == [("a", {"lr": 0.0005}, {"loss": 0.48}), ("b", {"lr": 0.001}, {})]
    assert reading.findings == ()


# Markdown


def test_markdown_cells_lose_emphasis_and_escapes() -> None:
    header = "`lr` | **NMI** | a\\|b | ***c*** | x\\_y"
    text = f"{header}\n--|--|--|--|--\n`0.1` | **0.5** | *a* *b* | _ | *\n"
    table = read_markdown(text).tables[0]
    assert table.header == ("lr", "NMI", "a|b", "c", "x_y")
    assert table.rows[0].cells == ("0.1", "0.5", "*a* *b*", "_", "*")


def test_a_struck_out_number_is_no_number(read: Read) -> None:
    reading = read("| lr | loss |\n|--|--|\n| 0.1 | ~~0.5~~ |\n| 0.1 | 1 |\n", suffix=".md")
    assert reading.runs[0].metrics == {}
    assert "'~~0.5~~'" in reading.findings[0].message


def test_a_row_of_dashes_is_blank_and_starts_no_table(read: Read) -> None:
    text = "| lr | loss |\n|--|--|\n| 0.1 | 0.5 |\n| - | - |\n| 0.2 | 0.6 |\n"
    reading = read(text, suffix=".md")
    assert [run.params["lr"] for run in reading.runs] == [0.1, 0.2]
    assert [f.line for f in reading.findings] == [4]


def test_a_table_right_below_another_has_its_own_columns(read: Read) -> None:
    text = "| lr | loss |\n|---|---|\n| 0.1 | 5 |\n| loss | lr |\n|---|---|\n| 6 | 0.2 |\n"
    reading = read(text, suffix=".md")
    values = [(run.params["lr"], run.metrics["loss"]) for run in reading.runs]
    assert values == [(0.1, 5), (0.2, 6)]
    assert reading.findings == ()


def test_rows_under_no_header_are_reported(read: Read) -> None:
    text = "| lr | loss |\n|--|--|\n| 0.1 | 0.5 |\n\n| 0.2 | 0.6 |\n| 0.3 | 0.7 |\n"
    reading = read(text, suffix=".md")
    assert len(reading.runs) == 1
    assert [(f.line, f.kind) for f in reading.findings] == [(5, "left-out")]
    assert "2 table row(s) under no header" in reading.findings[0].message


# CSV


def test_csv_cells_hold_delimiters_quotes_and_line_ends() -> None:
    text = 'run,note\n"a, ""b""","one\n# two"\n# a comment\nc, "d, e"\n'
    document = read_delimited(text, Path("x.csv"))
    rows = document.tables[0].rows
    assert [row.cells for row in rows] == [('a, "b"', "one\n# two"), ("c", "d, e")]
    assert [row.line for row in rows] == [2, 5]
    assert [(f.line, f.kind) for f in document.findings] == [(4, "noticed")]


def test_a_title_above_the_header_is_passed_over(read: Read) -> None:
    assert len(read("My sweep of June\n\n" + joined(",")).runs) == 2


@pytest.mark.parametrize(
    "text", ['lr,loss\n0.1,0.5\n0.2,"0.6\n0.3,0.7\n', f"lr,loss\n0.1,0.5\n0.2,{'9' * 200_000}\n"]
)
def test_a_row_that_csv_cannot_read_names_its_line(read: Read, text: str) -> None:
    with pytest.raises(TableError, match=r"\.csv:3: "):
        read(text)


def test_joined_files_with_columns_in_another_order_are_read_right(read: Read) -> None:
    runs = read("run,lr,loss\na,1,2\nloss,lr,run\n4,3,b\n").runs
    assert [(r.label, r.params["lr"], r.metrics["loss"]) for r in runs] == [
        ("a", 1, 2),
        ("b", 3, 4),
    ]


def test_a_file_without_a_last_line_end_is_noticed(read: Read) -> None:
    assert [f.kind for f in read("lr,loss\n0.1,0.5").findings] == ["noticed"]


# JSON lines


def test_json_numbers_keep_their_text_and_lines_that_are_no_object_are_left_out(read: Read) -> None:
    lines = [
        '{"lr": 1e-3, "id": "0613_205042", "n": 12345678901234567890, "ok": true}',
        "[1]",
        '{"lr": 1, "lr": 2}',
        '{"lr": 5e-4, "loss": NaN, "config": {"a": 1}}',
        '{"lr": 2, "id": "\\ud800"}',
        "[" * 100_000,
        '{"lr": 0.1, "loss": 0.',
    ]
    reading = read("\n".join(lines), suffix=".jsonl", metrics=("loss",))
    assert [(r.line, r.params["lr"]) for r in reading.runs] == [(1, 0.001), (4, 0.0005)]
    assert reading.runs[0].label == "0613_205042"
    assert reading.runs[0].extras == {"ok": "true"}
    assert reading.runs[0].metrics == {"n": float(12345678901234567890)}
    assert sorted({f.line for f in reading.findings}) == [2, 3, 4, 5, 6, 7]
    messages = " ".join(f.message for f in reading.findings)
    assert "'lr' stands twice" in messages
    assert "'config' holds lists or objects" in messages
    assert "'NaN' is not a finite number" in messages


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_json_numbers_are_never_changed(read: Read, numbers: list[float]) -> None:
    text = "".join(json.dumps({"lr": x, "loss": 1.0}) + "\n" for x in numbers)
    assert [run.params["lr"] for run in read(text, suffix=".jsonl").runs] == numbers


# XLSX


def workbook(path: Path, **sheets: list[list[object]]) -> Path:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_a_workbook_gives_shortest_numbers_and_iso_dates(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "runs.xlsx",
        Runs=[
            ["Sweep of June"],
            ["date", "lr", "loss", "batch", "code", "ok"],
            [dt.datetime(2024, 6, 7, 8, 18, 15), 0.0005, 0.7300000000000001, 32, "007", True],
            [None, 1e-05, None, 64, "v2", False],
        ],
        Summary=[["lr", "best"], [0.0005, "0.74~0.76"]],
    )
    reading = read_runs(path, ["lr", "batch"])
    first, second = reading.runs
    assert (first.line, first.label) == (3, "2024-06-07 08:18:15")
    assert first.params == {"lr": 0.0005, "batch": 32}
    assert first.metrics == {"loss": 0.7300000000000001}
    assert first.extras == {"code": "007", "ok": "true"}
    assert (second.label, second.params["lr"], second.metrics) == ("", 1e-05, {})
    assert [(f.line, f.kind) for f in reading.findings] == [(1, "left-out")]
    assert reading.findings[0].message.startswith("sheet 'Summary': ")


def test_a_formula_without_a_value_is_left_out_with_its_place(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "runs.xlsx",
        Runs=[["lr", "loss"], [0.1, "=1/4"], [0.2, 0.5], ["=0.1*3", 0.6], [None, None, "=A1"]],
        Other=[["lr"], [0.3]],
    )
    reading = read_runs(path, ["lr"], metrics=["loss"])
    assert [(run.params["lr"], run.metrics) for run in reading.runs] == [
        (0.1, {}),
        (0.2, {"loss": 0.5}),
        (0.3, {}),
    ]
    formulas, row = [f for f in reading.findings if f.kind == "left-out"]
    assert formulas.line == 2
    assert formulas.message.startswith("sheet 'Runs': 3 cell(s) hold a formula and no value")
    assert "'B2', 'A4', 'C5'" in formulas.message
    assert (row.line, "lr is blank" in row.message) == (4, True)


def test_a_formula_with_its_value_is_a_number_like_any_other(tmp_path: Path) -> None:
    path = workbook(tmp_path / "runs.xlsx", Runs=[["lr", "loss"], [0.1, "=1/4"]])
    calculated = tmp_path / "calculated.xlsx"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(calculated, "w") as target:
        for name in source.namelist():
            data = (
                source.read(name)
                .replace(b"<v></v>", b"<v>0.25</v>")
                .replace(b"<v />", b"<v>0.25</v>")
            )
            target.writestr(name, data)
    reading = read_runs(calculated, ["lr"])
    assert reading.runs[0].metrics == {"loss": 0.25}
    assert reading.findings == ()


@pytest.mark.parametrize("content", [b"PK\x03\x04 truncated", b"not a zip", b""])
def test_a_damaged_workbook_is_refused(write: Write, content: bytes) -> None:
    with pytest.raises(TableError, match="not a readable Excel workbook"):
        read_runs(write(content, ".xlsx"), ["lr"])


def test_a_workbook_that_is_larger_than_it_looks_is_refused(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    path = workbook(tmp_path / "far.xlsx", Runs=[["lr", "loss"], [0.1, 0.5]])
    book = load_workbook(path)
    book["Runs"].cell(1_048_576, 16_384, "stray")
    book.save(path)
    with pytest.raises(TableError, match="sheet 'Runs' spans 1048576 rows and 16384 columns"):
        read_runs(path, ["lr"])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/bomb.xml", bytes(MAX_BYTES))
    assert path.stat().st_size < 200_000
    with pytest.raises(TableError, match=r"it unpacks to 1\d{8} bytes"):
        read_runs(path, ["lr"])


def test_a_missing_openpyxl_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = workbook(tmp_path / "runs.xlsx", Runs=[["lr", "loss"], [0.1, 0.5]])
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(TableError, match=r"pip install 'recommender\[xlsx\]'"):
        read_runs(path, ["lr"])


def test_pandas_is_loaded_for_workbooks_only(write: Write) -> None:
    path = write(joined(","))
    script = (
        "import sys; from pathlib import Path; from recommender.tables import read_runs; "
        f"read_runs(Path({str(path)!r}), ['lr']); sys.exit('pandas' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


# Files


def test_a_file_without_an_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recommender.tables.document.MAX_BYTES", 1000)
    with pytest.raises(TableError, match=r"/dev/zero: is larger than 1000 bytes"):
        read_runs(Path("/dev/zero"), ["lr"])


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="No such file or directory"):
        read_runs(tmp_path / "none.csv", ["lr"])
    with pytest.raises(TableError, match="Is a directory"):
        read_runs(tmp_path, ["lr"])
    with pytest.raises(TableError, match="null"):
        read_runs(Path("a\0b"), ["lr"])


@pytest.mark.parametrize(
    ("content", "suffix"),
    [
        ("", ".csv"),
        ("", ".txt"),
        ("only prose\n", ".md"),
        ("lr,loss\n1,2\n", ".md"),
        ("{", ".jsonl"),
        ('[{"lr": 0.1},\n {"lr": 0.2}]', ".json"),
    ],
)
def test_a_file_without_a_table_says_what_a_table_is(read: Read, content: str, suffix: str) -> None:
    with pytest.raises(TableError, match=r"holds no table.*give a header and rows"):
        read(content, suffix=suffix)


def test_findings_are_in_line_order(read: Read) -> None:
    findings = read("lr,loss\n0.1,x%\n,\n0.2,0.5\nbad,0.1\n0.3,nan\n").findings
    assert [f.line for f in findings] == [2, 3, 5, 6]
    assert all(isinstance(f, Finding) for f in findings)
