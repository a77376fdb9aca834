from __future__ import annotations

import string
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recommender.errors import HistoryError, UsageError
from recommender.records import RESERVED, Event, EventKind, FileRecords, Records, check_event
from recommender.run import Proposal, Status
from tests.conftest import every_backend

HEADER = "id,event,status,recorded_at,label,hours,lr,t,loss,note\n"
ROW = "run-1,result,completed,,,,0.1,0.9,0.5,\n"


def write(folder: Path, text: str | bytes) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "runs.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def append(records: Records, *events: Event) -> None:
    with records.writing() as writer:
        writer.append_events(events)


def result(id: str = "run-2", **metrics: float) -> Event:
    return Event(
        id=id, status=Status.COMPLETED, params={"lr": 0.2, "t": 0.8}, metrics=metrics, note="new"
    )


@every_backend
def test_a_missing_history_is_empty_and_reading_makes_nothing(
    records: Records, folder: Path
) -> None:
    assert records.read().history.runs == ()
    assert not folder.exists()


cell_text = st.text(
    st.characters(blacklist_categories=["Cc", "Cs"]) | st.sampled_from('",;#=+-@\t'), max_size=20
)
names = st.text(string.ascii_letters + ' ,"#=;é', min_size=1, max_size=6).filter(
    lambda name: name == name.strip() and name not in RESERVED and name not in ("lr", "t", "code")
)
finite = st.floats(allow_nan=False, allow_infinity=False)
words = st.text(string.ascii_letters + ',"# é', min_size=1).filter(lambda t: t.strip() == t)
param = st.one_of(finite, st.integers(-(10**9), 10**9), words)
events = st.builds(
    Event,
    id=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,9}", fullmatch=True),
    kind=st.sampled_from(EventKind),
    status=st.sampled_from([Status.COMPLETED, Status.CRASHED, Status.DIVERGED]),
    recorded_at=cell_text,
    label=cell_text,
    hours=st.none() | finite,
    params=st.fixed_dictionaries({"lr": param, "t": param}),
    metrics=st.dictionaries(names, finite, max_size=3),
    note=cell_text,
    extras=st.just({}) | st.fixed_dictionaries({"code": cell_text.filter(bool)}),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(events, min_size=1, max_size=4), st.lists(events, max_size=2))
def test_any_events_come_back_as_written(
    tmp_path_factory: pytest.TempPathFactory, first: list[Event], then: list[Event]
) -> None:
    records = FileRecords(tmp_path_factory.mktemp("p") / "history", ["lr", "t"])
    # Every run has a first row that gives its parameters.
    named = [result(id) for id in dict.fromkeys(event.id for event in first + then)]
    append(records, *named, *first)
    append(records, *then)
    read = records.read()
    assert list(read.events) == [*named, *first, *then]
    assert [event.source for event in read.events] == [
        f"history/runs.csv:{line + 2}" for line in range(len(read.events))
    ]
    for back, event in zip(read.events, [*named, *first, *then], strict=True):
        assert {k: type(v) for k, v in back.params.items()} == {
            k: type(v) for k, v in event.params.items()
        }


@every_backend
def test_a_proposal_comes_back_as_written(records: Records) -> None:
    proposal = Proposal(
        id="run-0037-9c1e",
        batch=3,
        proposed_at="2025-06-07T08:00:00Z",
        params={"lr": 1e-05, "t": 0.1 + 0.2},
        metric="loss",
        role="exploit",
        reason='near the best, "0.45"',
        mean=0.45,
        sd=0.03,
        expected_improvement=None,
        probability_of_improvement=0.31,
        seed=7,
        history_digest="0123456789ab",
        proposed_by="Ayşe",
    )
    with records.writing() as writer:
        before = writer.folded.digest
        writer.append_proposals([proposal])
        assert writer.folded.proposals == (proposal,)
        assert writer.folded.digest != before
    assert records.read().history.pending[0].source in ("history/proposals.csv:2", "proposals:1")


@every_backend
def test_control_characters_become_blanks_so_that_a_record_is_a_line(
    records: Records, folder: Path, backend: str
) -> None:
    append(records, Event(id="a", params={"lr": 1, "t": 1}, note="one\r\ntwo\x00\udcff", label="x"))
    assert records.read().events[0].note == "one  two ?"
    if backend == "files":
        assert (folder / "runs.csv").read_bytes().count(b"\n") == 2


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("eol", ["\n", "\r\n"])
@pytest.mark.parametrize("ended", [True, False])
def test_appending_changes_no_byte_of_what_is_there(
    records: FileRecords, folder: Path, bom: bytes, eol: str, ended: bool
) -> None:
    text = (
        "# kept by hand\n\nid,event,hours,lr,status,recorded_at,t,label,loss,note,code\n"
        'a,,1.0,1e-3,,,0.90,"two, words",0.50,"say ""hi""",v1\n# done\n'
        "b,,,0.1,,,0.9,e\u0301\u00e9,.5,,"
    ).replace("\n", eol)
    before = bom + (text + (eol if ended else "")).encode()
    path = write(folder, before)
    append(records, result(loss=0.25))
    line = f"run-2,result,,0.2,completed,,0.8,,0.25,new,{eol}"
    assert path.read_bytes() == bom + (text + eol + line).encode()
    assert [event.label for event in records.read().events] == ["two, words", "e\u0301\u00e9", ""]


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("eol", ["\n", "\r\n"])
def test_a_new_column_leaves_every_cell_as_it_stands(
    records: FileRecords, folder: Path, bom: bytes, eol: str
) -> None:
    text = (
        "#c,d\nid,event,status,recorded_at,label,hours,lr,t,loss,note,code\n"
        'a,,,,"x\ny",1.50,1e-3,0.90,,"say ""hi"", then go",v1\n\n'
        ',,,,,,"0.1",0.9,+.5,3" wafer,'
    ).replace("\n", eol)
    path = write(folder, bom + text.encode())
    path.chmod(0o640)
    append(
        records, Event(id="b", params={"lr": 1.0, "t": 2}, metrics={"NMI": 0.5}, extras={"d": "D"})
    )
    expected = (
        "#c,d\nid,event,status,recorded_at,label,hours,lr,t,loss,NMI,note,code,d\n"
        'a,,,,"x\ny",1.50,1e-3,0.90,,,"say ""hi"", then go",v1,\n\n'
        ',,,,,,"0.1",0.9,+.5,,3" wafer,,\nb,result,,,,,1.0,2,,0.5,,,D\n'
    ).replace("\n", eol)
    assert path.read_bytes() == bom + expected.encode()
    assert path.stat().st_mode & 0o777 == 0o640
    assert [run.metrics for run in records.read().history.runs] == [{}, {"loss": 0.5}, {"NMI": 0.5}]


def test_a_row_whose_first_cell_starts_like_a_comment_is_read_again(
    records: FileRecords, folder: Path
) -> None:
    write(folder, "label,id,event,status,recorded_at,hours,lr,t,note\n")
    event = Event(id="a", status=Status.COMPLETED, label="#1", params={"lr": 1, "t": 2})
    append(records, event)
    assert records.read().events == (event,)


def test_rows_added_by_hand_get_ids_from_their_parameters(
    records: FileRecords, folder: Path
) -> None:
    write(folder, HEADER + ",,,,,,0.1,0.9,0.5,\n,,,,,,0.1,0.90,0.6,\n,,,,,,0.1,0.9,0.5,\n")
    ids = [event.id for event in records.read().events]
    assert ids == [ids[0], f"{ids[0]}-2", ids[0]]
    assert ids[0].startswith("hand-")
    assert [run.metrics["loss"] for run in records.read().history.runs] == [0.5, 0.6]
    append(records, Event(id=ids[0], status=Status.COMPLETED, metrics={"NMI": 0.7}))
    assert records.read().history.runs[0].metrics == {"loss": 0.5, "NMI": 0.7}


def test_rows_of_blank_cells_are_blank_lines(records: FileRecords, folder: Path) -> None:
    write(folder, HEADER + ",,,,,,,,,\n" + ROW)
    assert [event.source for event in records.read().events] == ["history/runs.csv:3"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEADER + ROW.replace("0.5", '"0,48"'), ["runs.csv:2", "loss", "'0,48'", "not a number"]),
        (HEADER + ROW.replace("0.5", "nan"), ["runs.csv:2", "loss", "'nan'"]),
        (HEADER + ROW.replace(",,,,0.1", ",,,1_0,0.1"), ["runs.csv:2", "hours", "'1_0'"]),
        (HEADER + ROW.replace("result", "amended"), ["event", "did you mean 'amend'"]),
        (HEADER + ROW.replace("completed", "pending"), ["status is 'pending'", "diverged"]),
        (HEADER + ROW.replace("run-1", "../x"), ["runs.csv:2", "'../x'", "letters"]),
        (HEADER + "a,b\n" + ROW, ["runs.csv:2", "2", "10"]),
        (HEADER + "\n#\n" + ROW[:-1] + ",\n", ["runs.csv:4", "11", "10"]),
        (HEADER + 'a,"b\n' + ROW, ["runs.csv:2", "quote"]),
        (HEADER + ROW.replace("0.1", ""), ["runs.csv:2", "no value for lr"]),
        (HEADER.replace("loss", "lr") + ROW, ["runs.csv:1", "lr stands twice"]),
        (HEADER.replace("loss", "") + ROW, ["runs.csv:1", "column 9 has no name"]),
        (HEADER.replace("event", "evnt"), ["runs.csv:1", "lacks event", "did you mean 'evnt'"]),
        (HEADER.replace("lr,", "rate,") + ROW, ["runs.csv:2", "parameter lr", "past runs had"]),
        (HEADER.replace("t,loss,note", "loss,note,t"), ["t is a parameter", "before note"]),
        (HEADER.encode() + b"\xff\n", ["runs.csv:2", "UTF-8"]),
        (HEADER.encode("utf-16"), ["UTF-8"]),
        (HEADER.encode() + b"\n\0", ["runs.csv:3", "NUL"]),
        (HEADER + "x" * 140_000 + ROW, ["runs.csv:2", "field larger"]),
    ],
)
def test_what_makes_no_sense_is_an_error_with_its_place_and_stops_writing(
    records: FileRecords, folder: Path, text: str | bytes, words: list[str]
) -> None:
    path = write(folder, text)
    before = path.read_bytes()
    with pytest.raises(HistoryError) as error:
        records.read()
    for word in words:
        assert word in str(error.value)
    with pytest.raises(HistoryError):
        append(records, result(loss=1.0))
    assert path.read_bytes() == before


@every_backend
@pytest.mark.parametrize(
    "event",
    [
        result(loss=float("nan")),
        result(loss=float("inf")),
        result(lr=0.5),
        result(status=0.5),
        result(code=0.5),
        result(**{" x": 0.5}),
        result(**{"x\ny": 0.5}),
        Event(id="../x", params={"lr": 1, "t": 1}),
        Event(id="a", params={"lr": "007", "t": 1}),
        Event(id="a", params={"lr": " ", "t": 1}),
        Event(id="a", params={"lr": 1, "t": 1, "rate": 1}),
        Event(id="a", params={"lr": 1, "t": 1}, note="x" * 100_001),
        Event(id="a", params={"lr": 1, "t": 1}, extras={"loss": "x"}),
    ],
)
def test_what_a_ledger_cannot_keep_is_refused_before_anything_is_written(
    records: Records, event: Event
) -> None:
    noted = Event(id="a", params={"lr": 1, "t": 1}, metrics={"loss": 1.0}, extras={"code": "v1"})
    append(records, noted)
    before = records.read()
    with pytest.raises(UsageError):
        append(records, result(loss=1.0), event)
    assert records.read() == before


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize("event", [result(note=0.5), result(NMI=float("nan")), result("a b")])
def test_a_dry_run_refuses_what_the_real_one_refuses(
    records: FileRecords, folder: Path, event: Event, dry_run: bool
) -> None:
    write(folder, HEADER)
    with pytest.raises(UsageError), records.writing(dry_run=dry_run) as writer:
        writer.append_events([event])


def test_a_dry_run_leaves_no_trace(records: FileRecords, folder: Path) -> None:
    path = write(folder, HEADER + ROW)
    with records.writing(dry_run=True) as writer:
        assert len(writer.folded.history.runs) == 1
        writer.append_events([result(loss=1.0), result(NMI=1.0)])
    assert path.read_text() == HEADER + ROW
    assert [entry.name for entry in folder.iterdir()] == ["runs.csv"]


def test_what_is_a_column_of_the_proposals_may_be_one_of_the_results(
    records: FileRecords, folder: Path
) -> None:
    write(folder, HEADER + ROW)
    append(records, Event(id="run-1", metrics={"batch": 64.0}, extras={"reason": "a hunch"}))
    (run,) = records.read().history.runs
    assert run.metrics == {"loss": 0.5, "batch": 64.0}
    assert records.read().metrics == ("loss", "batch")
    assert records.read().events[-1].extras == {"reason": "a hunch"}


def test_a_blank_column_is_a_metric_too(records: FileRecords, folder: Path) -> None:
    write(folder, HEADER.replace("loss", "loss,NMI"))
    assert records.read().metrics == ("loss", "NMI")


def test_a_parameter_without_past_runs_gets_its_column(records: FileRecords, folder: Path) -> None:
    write(folder, HEADER.replace(",t,", ","))
    append(records, result(loss=1.0))
    assert records.read().history.runs[0].params == {"lr": 0.2, "t": 0.8}


@every_backend
def test_numbers_of_other_libraries_are_written_as_plain_numbers(records: Records) -> None:
    numpy = pytest.importorskip("numpy")
    params = {"lr": numpy.float64(0.1), "t": numpy.int64(3)}
    append(records, Event(id="a", params=params, metrics={"loss": numpy.float32(0.5)}))
    assert records.read().events[0].params == {"lr": 0.1, "t": 3}


def test_a_linked_ledger_is_written_where_the_link_points(
    records: FileRecords, folder: Path, tmp_path: Path
) -> None:
    target = write(tmp_path / "shared", HEADER)
    folder.mkdir()
    (folder / "runs.csv").symlink_to(target)
    linked = FileRecords(folder, ["lr", "t"])
    append(linked, result(loss=1.0))
    append(linked, result(NMI=1.0))
    assert (folder / "runs.csv").is_symlink()
    assert target.read_text().count("\n") == 3
    assert sorted(path.name for path in target.parent.iterdir()) == [".runs.lock", "runs.csv"]


def test_links_in_a_loop_are_an_error(folder: Path) -> None:
    folder.mkdir()
    (folder / "runs.csv").symlink_to(folder / "runs.csv")
    with pytest.raises(HistoryError, match="cannot be read"):
        FileRecords(folder, ["lr", "t"]).read()


@every_backend
def test_a_writer_sees_what_it_has_appended(records: Records) -> None:
    with records.writing() as writer:
        event = check_event(writer.folded, result(loss=1.0))
        assert event is not None
        writer.append_events([event])
        assert check_event(writer.folded, result(loss=1.0)) is None


def test_a_column_on_both_sides_of_note_after_a_merge_is_refused(
    records: FileRecords, folder: Path
) -> None:
    other = HEADER.replace(",loss,note", ",loss,ACC,note,NMI")
    path = write(folder, HEADER.replace(",note", ",NMI,note") + other)
    before = path.read_bytes()
    with pytest.raises(UsageError, match="the column NMI stands on the other side of note"):
        append(records, result(loss=0.5))
    assert path.read_bytes() == before
