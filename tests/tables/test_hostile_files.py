from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import TableError
from recommender.tables import TableReading, TableRun, read_runs

Read = Callable[..., TableReading]
Write = Callable[..., Path]

PARAMETERS = ("learning_rate", "cluster_temperature", "instance_temperature", "threshold")
DAMAGED_DATE = "6月11日".encode().decode("cp1254")
MARKDOWN = f"""
| run | lr | tau | loss | note |
| --- | -- | --- | ---- | ---- |
| {DAMAGED_DATE} 04:21 | 0.0005 | 0.8 | 0.48 | good |
| b | 1.5e-3 | 0.03 | 10.52 |  |

Prose about the 第一 table, then a summary:

| lr | best |
| -- | ---- |
| 0.0005 | 0.74~0.76 |
"""


def numbers(run: TableRun) -> tuple[dict[str, object], dict[str, float]]:
    return dict(run.params), dict(run.metrics)


def test_markdown_cut_at_any_byte_never_changes_a_number(read: Read) -> None:
    whole = [numbers(run) for run in read(MARKDOWN, ("lr", "tau"), ".md").runs]
    data = MARKDOWN.encode()
    cuts = 0
    for end in range(len(data)):
        try:
            runs = read(data[:end], ("lr", "tau"), ".md").runs
        except TableError:
            continue
        cuts += bool(runs)
        for (params, metrics), (all_params, all_metrics) in zip(
            map(numbers, runs), whole, strict=False
        ):
            assert params == all_params
            assert metrics.items() <= all_metrics.items()
    assert cuts > 100


@pytest.mark.parametrize(
    ("text", "suffix"),
    [
        ('id,lr,loss,note\na,0.1,0.5,"b, ""c"""\nd,0.2,０.６,é\n', ".csv"),
        ("id\tlr\tloss\na\t0.1\t0.5\n", ".txt"),
        ('{"lr": 0.1, "loss": 0.5}\n{"lr": 0.25, "note": "é"}\n', ".jsonl"),
    ],
)
def test_a_table_cut_at_any_byte_is_read_or_refused(read: Read, text: str, suffix: str) -> None:
    data = text.encode()
    for encoded in (data, data.decode().encode("utf-16")):
        outcomes = set()
        for end in range(len(encoded) + 1):
            try:
                reading = read(encoded[:end], suffix=suffix)
            except TableError as error:
                assert f"{suffix}:" in str(error)
                outcomes.add("refused")
            else:
                outcomes.add("read")
                assert len(reading.runs) <= 2
        assert outcomes == {"read", "refused"}


def test_a_json_line_cut_in_a_number_is_left_out(read: Read) -> None:
    reading = read('{"lr": 0.1, "loss": 0.5}\n{"lr": 0.25, "loss": 0.4', suffix=".jsonl")
    assert [run.line for run in reading.runs] == [1]


@given(
    content=st.one_of(
        st.binary(max_size=200),
        st.text(st.sampled_from('|-:\n,;\t lr05.%~e"#*`_\\{}[]é日\r\x85'), max_size=80).map(
            lambda text: f"lr|loss\n--|--\n{text}".encode()
        ),
        st.text(st.sampled_from('|-:\n,;\t lr05.%~e"#*`_\\{}[]é日\r\x85'), max_size=80).map(
            lambda text: f"id,lr,loss\n{text}".encode()
        ),
    ),
    suffix=st.sampled_from([".md", ".txt", ".csv", ".tsv", ".jsonl", ""]),
)
def test_any_bytes_are_read_or_refused(write: Write, content: bytes, suffix: str) -> None:
    path = write(content, suffix)
    try:
        read_runs(path, ["lr"])
    except TableError as error:
        assert str(path) in str(error)


def test_a_huge_cell_is_shortened_in_messages(read: Read) -> None:
    reading = read(f"|lr|loss|\n|--|--|\n|0.1|{'9x' * 1_000_000}|\n|0.1|1|\n", suffix=".md")
    assert len(reading.runs) == 2
    assert len(reading.findings[0].message) < 200


def test_control_characters_are_escaped_in_messages(read: Read) -> None:
    reading = read("lr,loss\n0.1,\x1b[31m\n0.1,1\n")
    assert "\x1b" not in reading.findings[0].message


@pytest.mark.parametrize("last", ["| 0.1 | 10", "| 0.1 | 10.5", "| 0.1 |", "| 0.", "|"])
def test_a_markdown_row_cut_off_by_the_end_of_the_file_is_left_out(read: Read, last: str) -> None:
    reading = read(f"| lr | loss |\n| -- | -- |\n| 0.2 | 0.5 |\n{last}", suffix=".md")
    assert [run.line for run in reading.runs] == [3]
    assert [(f.line, f.kind) for f in reading.findings] == [(4, "left-out")]


def test_a_row_that_may_be_cut_off_is_noticed(read: Read) -> None:
    reading = read("lr | loss\n-- | --\n0.2 | 0.5", suffix=".md")
    assert len(reading.runs) == 1
    assert [(f.line, f.kind) for f in reading.findings] == [(3, "noticed")]


# The real log


def test_the_real_log_gives_its_36_runs(sweep_log: Path) -> None:
    reading = read_runs(sweep_log, PARAMETERS)
    assert len(reading.runs) == 36
    assert reading.metrics == ("loss", "OA", "NMI", "ARI", "F", "ACC")
    assert reading.extras == ()
    labels = {run.line: run.label for run in reading.runs}
    assert labels[19] == "6月11日 04:21:13"
    assert labels[24] == "6月13日 8:32:06"
    assert labels[25] == ""
    assert labels[26] == "0613_205042"
    assert list(labels.values()).count("") == 1
    assert reading.runs[0].params == dict(zip(PARAMETERS, (0.0002, 0.5, 0.3, 0.93), strict=True))
    assert [list(run.metrics) for run in reading.runs] == [["loss"]] * 36
    assert sum(run.metrics["loss"] for run in reading.runs) == pytest.approx(41.28)


def test_the_real_log_reports_every_repair_and_what_is_left_out(sweep_log: Path) -> None:
    findings = read_runs(sweep_log, PARAMETERS).findings
    repaired = [f.line for f in findings if f.kind == "repaired"]
    left_out = [f.line for f in findings if f.kind == "left-out"]
    assert repaired == [1, 19, 20, 21, 22, 23, 24]
    assert left_out == [39, 48, 64, 86, 106, 125, 140]
    assert len(findings) == 14
    assert "'日期时间'" in findings[0].message


def test_the_real_log_cut_off_keeps_its_first_runs(sweep_log: Path, write: Write) -> None:
    whole = read_runs(sweep_log, PARAMETERS).runs
    data = sweep_log.read_bytes()
    for end in range(2000, 4700, 37):
        try:
            runs = read_runs(write(data[:end], ".txt"), PARAMETERS).runs
        except TableError as error:
            assert "not UTF-8" in str(error)
        else:
            full = [run for run in runs if run.metrics]
            assert [numbers(run) for run in full] == [numbers(run) for run in whole[: len(full)]]
            assert len(runs) - len(full) <= 1
