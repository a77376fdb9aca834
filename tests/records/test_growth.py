"""A history that is read again by one who read it before is read as by one who did not."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import RecommenderError
from recommender.records import FileRecords
from recommender.records.growth import Parser, Reader
from recommender.records.header import RESULTS

PARAMETERS = ("lr", "tau")
HEADER = "id,event,status,recorded_at,label,hours,lr,tau,loss,note\n"
WIDER = HEADER.replace("loss,", "loss,NMI,")
NUMBER = st.integers(1, 9)
PIECES = st.one_of(
    st.builds("run-{},result,completed,,,,0.{},0.5,0.4,\n".format, NUMBER, NUMBER),
    st.builds("run-{},result,completed,,,,0.{},0.5,0.4,\r\n".format, NUMBER, NUMBER),
    st.builds(',,,,,,0.{},0.5,0.4,"by ""hand"",\nin lines"\n'.format, NUMBER),
    st.builds(",,,,,,0.1,0.5,0.{},\n".format, NUMBER),
    st.builds("hand-{},,,,,,0.1,0.5,0.4,\n".format, NUMBER),
    st.builds("run-{},amend,,,,,,,0.{},why\n".format, NUMBER, NUMBER),
    st.sampled_from(
        [
            *(HEADER, WIDER, "# by hand\n", "\n", "\r", "run-7,result,comp", "run-8,,,,,,1,x,,\n"),
            *("run-9,result,completed,,,,0.1,0.5,0.4,0.6,\n", '"not closed\n', "\0", "é,\n", "7"),
        ]
    ),
)


def seen(records: FileRecords) -> object:
    """All that a reading gives, or the error that it is."""
    try:
        folded = records.read()
    except RecommenderError as error:
        return str(error)
    rows = (*folded.events, *folded.proposals, *folded.history.runs)
    return folded, [row.source for row in rows]


@given(st.lists(st.lists(PIECES, max_size=4), max_size=6), st.booleans())
def test_a_ledger_that_grows_is_read_as_if_for_the_first_time(
    steps: list[list[str]], bom: bool
) -> None:
    with TemporaryDirectory() as name:
        records = FileRecords(Path(name), PARAMETERS)
        data = ("\ufeff" if bom else "").encode()
        for step in [[HEADER], *steps]:
            data += "".join(step).encode()
            Path(name, "runs.csv").write_bytes(data)
            assert seen(records) == seen(FileRecords(Path(name), PARAMETERS))


@given(st.lists(PIECES, max_size=4), st.lists(PIECES, max_size=4))
def test_a_ledger_that_was_edited_is_read_as_if_for_the_first_time(
    before: list[str], after: list[str]
) -> None:
    with TemporaryDirectory() as name:
        records = FileRecords(Path(name), PARAMETERS)
        for rows in (before, after, before):
            Path(name, "runs.csv").write_bytes((HEADER + "".join(rows)).encode())
            assert seen(records) == seen(FileRecords(Path(name), PARAMETERS))


def test_of_a_ledger_that_has_only_grown_the_new_rows_alone_are_read() -> None:
    parser = Parser("history/runs.csv", RESULTS.ours)
    asked: list[list[str]] = []

    def read(ledger):
        asked.append([row.where for row in ledger.rows()])
        return []

    reader = Reader(read)
    text = HEADER + "run-1,,,,,,0.1,0.5,0.4,\n"
    for more in ("", "# why\nrun-2,,,,,,0.1,0.5,0.4,\n", "run-3,,,,,,0.1,0.5,0.4,\n"):
        text += more
        reader.read(parser.parse(text.encode()))
    assert asked == [[f"history/runs.csv:{line}"] for line in (2, 4, 5)]
