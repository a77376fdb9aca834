"""A history copied into a database and back is the same history."""

from __future__ import annotations

import csv
import dataclasses
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recommender.errors import ConflictError, UsageError
from recommender.records import Content, FileRecords, Folded, Records, copy, open_records
from recommender.records.database.ledgers import DatabaseRecords
from recommender.records.database.schema import metadata
from tests.conftest import BACKENDS

PARAMETERS = ("lr", "t")
every_database = pytest.mark.parametrize("backend", BACKENDS[1:], indirect=True)

HEADER = "id,event,status,recorded_at,label,hours,lr,t,loss,note\n"
ROW = "run-1,result,completed,,,,0.1,0.9,0.5,\n"

text = st.text(
    st.characters(blacklist_categories=["Cs", "Cc"]) | st.sampled_from('",;#=+-@\t\n'), max_size=12
)
number = st.sampled_from(["0.1", "1e-3", " 0.90", "+.5", "7", "-0", ""])
names = st.sampled_from(["loss", "NMI", "a b", 'the "best"', "1; DROP TABLE runs", "Größe", "x,y"])


@st.composite
def ledgers(draw: st.DrawFn) -> str:
    """A ledger of results that people edited: columns in any order, cells written oddly."""
    metrics = draw(st.lists(names, unique=True, max_size=3))
    first = ["id", "event", "status", "recorded_at", "label", "hours", "lr", "t", *metrics]
    extras = draw(st.lists(st.sampled_from(["code", "日期", "=1+1"]), unique=True))
    header = [*draw(st.permutations(first)), "note", *extras]
    file = io.StringIO(newline="")
    rows = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
    rows.writerow(header)
    for number_of_row in range(draw(st.integers(0, 4))):
        cells = {name: draw(text) for name in ("recorded_at", "label", "note", *extras)}
        cells |= {name: draw(number) for name in ("hours", *metrics)}
        cells |= {"lr": draw(number.filter(bool)), "t": "0.9"}
        cells["id"] = draw(st.sampled_from([f"run-{number_of_row}", f" r{number_of_row} ", ""]))
        cells["event"] = draw(st.sampled_from(["", "result"]))
        cells["status"] = draw(st.sampled_from(["", "completed", "diverged"]))
        line = [cells[name] for name in header]
        rows.writerow(line)
        if draw(st.booleans()):
            rows.writerow(line)  # as a merge leaves it
    return file.getvalue()


def said(folded: Folded) -> object:
    """What a reading says, apart from where it stands."""
    runs = [dataclasses.replace(run, source="", proposal=None) for run in folded.history.runs]
    return runs, folded.events, folded.proposals, folded.metrics


def stands(content: Content) -> object:
    return content.columns, [{n: c for n, c in row.items() if c} for row in content.rows]


@pytest.fixture
def database(history_url: str, tmp_path: Path) -> DatabaseRecords:
    return DatabaseRecords(history_url, tmp_path, PARAMETERS)


@every_database
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(ledgers())
def test_files_to_a_database_and_back_loses_nothing(
    tmp_path_factory: pytest.TempPathFactory, database: DatabaseRecords, ledger: str
) -> None:
    with database.database.writing() as connection:
        for table in metadata.sorted_tables:
            connection.execute(table.delete())
    folder = tmp_path_factory.mktemp("p") / "history"
    folder.mkdir()
    (folder / "runs.csv").write_text(ledger, newline="")
    files, back = FileRecords(folder, PARAMETERS), FileRecords(folder / "back", PARAMETERS)
    copy(files, database)
    copy(database, back)
    given = files.contents()
    for copied in (database.contents(), back.contents()):
        assert stands(copied.results) == stands(given.results)
        assert said(copied.folded) == said(given.folded)
    for source, target in ((files, database), (database, back), (back, files)):
        before = target.contents()
        again = copy(source, target)
        assert (again.results, again.proposals, again.known) == (0, 0, len(given.results.rows))
        assert target.contents() == before


@every_database
def test_what_our_own_commands_wrote_comes_back_byte_for_byte(sweep, recommend, tmp_path) -> None:
    url, sweep_files = sweep.url, dataclasses.replace(sweep, url="")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RECOMMEND_HISTORY")
        sweep_files.history()
        ids = [each["id"] for each in recommend("next", "--n", 3, "--json").json["batch"]]
        recommend("record", ids[0], "--metric", "loss=0.5", "--label", "a, b", "--note", "=1+1")
        recommend("record", ids[1], "--status", "crashed")
        recommend("record", ids[0], "--metric", "loss=0.6", "--metric", "AMI=1", "--new-metric",
                  "--amend", "typo")  # fmt: skip
        recommend("drop", ids[2])
        recommend("exclude", "run-0001-aaaa", "--reason", 'it said "no"')
    answer = recommend("history", "copy", "history", url, "--json").json
    assert answer["added"] == {"results": 5, "proposals": 3}
    assert answer["known"] == 6
    recommend("history", "copy", url, "copied")
    for name in ("runs.csv", "proposals.csv"):
        one, other = (sweep.folder / place / name for place in ("history", "copied"))
        assert one.read_bytes() == other.read_bytes()
    assert recommend("history", "copy", url, "copied", "--json").json["added"] == {
        "results": 0,
        "proposals": 0,
    }


@pytest.fixture
def places(tmp_path: Path, history_url: str) -> tuple[Path, Records, Records]:
    """The file of results to copy from, and where from and to."""
    (tmp_path / "from").mkdir()
    path = tmp_path / "from" / "runs.csv"
    path.write_text(HEADER + ROW)
    target = open_records(history_url or "to", tmp_path, PARAMETERS)
    return path, FileRecords(path.parent, PARAMETERS), target


@pytest.mark.parametrize("backend", BACKENDS, indirect=True)
def test_what_contradicts_is_not_copied(places) -> None:
    path, source, target = places
    copy(source, target)
    before = target.contents()
    path.write_text(HEADER + "run-2,,,,,,0.1,0.9,0.4,\n" + ROW.replace("0.5", "0.6"))
    with pytest.raises(ConflictError, match=r"loss is 0\.5 .* and 0\.6 \(from/runs.csv:3\)"):
        copy(source, target)
    assert target.contents() == before


@pytest.mark.parametrize("backend", BACKENDS, indirect=True)
def test_only_what_is_new_is_copied_and_a_dry_run_copies_nothing(places) -> None:
    path, source, target = places
    assert copy(source, target, dry_run=True).results == 1
    assert target.contents().results == Content()
    copy(source, target)
    path.write_text(HEADER.replace("note", "NMI,note,code") + ROW.replace(",\n", ",,,\n"))
    copied = copy(source, target)
    assert (copied.results, copied.known) == (0, 1)
    assert target.contents().results.columns[-4:] == ("loss", "NMI", "note", "code")
    path.write_text(path.read_text() + "run-2,,,,,,0.1,0.9,0.4,,,v1\n")
    assert copy(source, target).results == 1
    assert target.read().events[-1].extras == {"code": "v1"}


@pytest.mark.parametrize("backend", BACKENDS, indirect=True)
def test_what_waits_in_an_inbox_is_copied_as_if_it_stood_in_the_ledger(places) -> None:
    path, source, target = places
    inbox = path.parent / "inbox"
    inbox.mkdir()
    header, row = HEADER.replace("note", "NMI,note,code"), "run-2,result,completed,,,,0.1,0.9,0.4,"
    (inbox / "runs-1.csv").write_text(f"{header}{row}0.7,why,v1\n")
    (inbox / "runs-2.csv").write_text(HEADER + ROW)  # it stands in the ledger already
    assert copy(source, target, dry_run=True).results == 2
    copied = copy(source, target)
    assert copied.results == 2
    assert "2 files of results or proposals wait here" in copied.notices[0]
    assert said(target.read()) == said(source.read())
    assert source.mend() == ["from/inbox: 2 files moved into the ledgers"]
    assert copy(source, target).results == 0
    assert stands(target.contents().results) == stands(source.contents().results)


def test_what_waits_in_the_inbox_of_the_target_is_known(places) -> None:
    path, source, _ = places
    folder = path.parent.with_name("to")
    (folder / "inbox").mkdir(parents=True)
    (folder / "inbox" / "runs-1.csv").write_text(HEADER + ROW)
    target = FileRecords(folder, PARAMETERS)
    for dry_run in (True, False):
        assert copy(source, target, dry_run=dry_run).results == 0
        assert target.posted() == dry_run


@pytest.mark.parametrize("backend", BACKENDS, indirect=True)
def test_a_column_on_the_other_side_of_note_is_refused(places) -> None:
    path, source, target = places
    copy(source, target)
    path.write_text(HEADER.replace(",loss,note", ",note,loss") + "run-2,,,,,,0.1,0.9,,0.5\n")
    with pytest.raises(UsageError, match="the column loss stands on the other side"):
        copy(source, target)


@pytest.mark.parametrize("backend", BACKENDS, indirect=True)
def test_proposals_that_a_merge_doubled_are_copied_once_each(sweep, recommend, tmp_path) -> None:
    recommend("next", "--n", 2)
    aside = tmp_path / "doubled"
    copy(sweep.open().records, FileRecords(aside, ("lr", "tau")))
    path = aside / "proposals.csv"
    *before, last = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*before, last, last.replace("exploit", "explore")]))
    records = sweep.open().records
    for added in (1, 0):
        assert copy(FileRecords(aside, ("lr", "tau")), records).proposals == added
    assert len(records.read().proposals) == 3
    assert len(records.read().history.pending) == 2


def test_a_folder_without_a_history_is_an_error(sweep, recommend) -> None:
    error = recommend("history", "copy", "hisstory", "sqlite:///x.db", status=2).error
    assert "there is no history here" in error
    assert not (sweep.folder / "x.db").exists()
