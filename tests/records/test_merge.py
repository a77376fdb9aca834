from __future__ import annotations

import csv
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from recommender.errors import HistoryError
from recommender.records import Event, EventKind, FileRecords, Folded, check_event
from recommender.run import Status


class Project:
    """A git repository with a history on two branches."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "-q", "-b", "main")
        (folder / ".gitattributes").write_text("history/*.csv merge=union\n")
        (folder / ".gitignore").write_text("history/*.lock\n")

    def git(self, *arguments: str) -> None:
        name = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *name, *arguments], cwd=self.folder, check=True, capture_output=True)

    def record(self, *events: Event) -> None:
        with FileRecords(self.folder / "history", ["lr"]).writing() as writer:
            for event in events:
                new = check_event(writer.folded, event)
                assert new is not None
                writer.append_events([new])
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "record")

    def merged(
        self, base: list[Event], ours: list[Event], theirs: list[Event], into: str = "ours"
    ) -> Folded:
        self.record(*base)
        for branch, events in (("theirs", theirs), ("ours", ours)):
            self.git("checkout", "-q", "-b", branch, "main")
            self.record(*events)
        self.git("checkout", "-q", into)
        self.git("merge", "-q", "-m", "merge", "ours" if into == "theirs" else "theirs")
        return FileRecords(self.folder / "history", ["lr"]).read()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def result(id: str, **metrics: float) -> Event:
    return Event(id=id, params={"lr": 0.1}, metrics=metrics, recorded_at="2025-06-07T08:00:00Z")


def amend(loss: float, note: str) -> Event:
    return Event(id="a", kind=EventKind.AMEND, metrics={"loss": loss}, note=note)


BASE = [result("a", loss=0.7), result("b", loss=0.6)]


def test_two_branches_that_both_appended_merge_by_themselves(project: Project) -> None:
    folded = project.merged(
        BASE,
        [result("c", loss=0.5), Event(id="b", kind=EventKind.EXCLUDE)],
        [amend(0.4, "typo"), result("d", loss=0.3), result("c", loss=0.5)],
    )
    assert folded.conflicts == ()
    assert {run.id: run.metrics["loss"] for run in folded.history.runs} == {
        "a": 0.4,
        "b": 0.6,
        "c": 0.5,
        "d": 0.3,
    }
    assert [run.id for run in folded.history.runs if run.excluded] == ["b"]


def test_what_two_branches_say_differently_is_reported_with_both_places(project: Project) -> None:
    folded = project.merged(BASE, [result("c", loss=0.5)], [result("c", loss=0.51)])
    (conflict,) = folded.conflicts
    assert conflict.values == ((0.5, "history/runs.csv:4"), (0.51, "history/runs.csv:5"))
    project.record(Event(id="c", kind=EventKind.AMEND, metrics={"loss": 0.51}, note="log"))
    settled = FileRecords(project.folder / "history", ["lr"]).read()
    assert settled.conflicts == ()
    assert settled.history.runs[2].metrics == {"loss": 0.51}


def test_a_column_added_on_one_branch_and_a_row_on_the_other_merge(project: Project) -> None:
    folded = project.merged(BASE, [Event(id="a", metrics={"NMI": 0.9})], [result("c", loss=0.5)])
    assert folded.conflicts == ()
    assert [run.metrics for run in folded.history.runs] == [
        {"loss": 0.7, "NMI": 0.9},
        {"loss": 0.6},
        {"loss": 0.5},
    ]
    # What is written next puts everything under one header.
    project.record(Event(id="c", metrics={"ARI": 0.8}), Event(id="c", metrics={"NMI": 0.2}))
    runs = FileRecords(project.folder / "history", ["lr"]).read().history.runs
    assert runs[2].metrics == {"loss": 0.5, "ARI": 0.8, "NMI": 0.2}
    assert runs[2].status is Status.COMPLETED
    text = (project.folder / "history" / "runs.csv").read_text()
    assert text.startswith("id,event,status,recorded_at,label,hours,lr,loss,NMI,ARI,note\n")
    assert text.count("recorded_at") == 1


def test_a_row_added_by_hand_stays_one_run_when_a_merge_repeats_it(project: Project) -> None:
    project.record(*BASE)
    path = project.folder / "history" / "runs.csv"
    path.write_text(path.read_text() + ",,,,,,0.1,0.7,\n")
    folded = project.merged(
        [result("e", loss=0.1)], [Event(id="a", metrics={"NMI": 0.9})], [result("c", loss=0.5)]
    )
    assert [run.id.partition("-")[0] for run in folded.history.runs] == ["a", "b", "hand", "e", "c"]


def test_different_columns_added_on_two_branches_are_a_question(project: Project) -> None:
    with pytest.raises(HistoryError, match=r"runs\.csv:\d+: .*put all rows under one header"):
        project.merged(BASE, [result("c", NMI=0.5)], [result("d", ARI=0.5)])
    # What the message asks for.
    path = project.folder / "history" / "runs.csv"
    header = "id,event,status,recorded_at,label,hours,lr,loss,NMI,ARI,note"
    lines = [header]
    for branch, column in (("HEAD^1", "NMI"), ("HEAD^2", "ARI")):
        shown = ["git", "show", f"{branch}:history/runs.csv"]
        done = subprocess.run(shown, cwd=project.folder, capture_output=True, text=True, check=True)
        for row in csv.DictReader(done.stdout.splitlines()):
            assert column in row
            line = ",".join(row.get(name, "") for name in header.split(","))
            lines += [line] * (line not in lines)
    path.write_text("\n".join(lines) + "\n")
    folded = FileRecords(project.folder / "history", ["lr"]).read()
    assert (folded.conflicts, folded.notices) == ((), ())
    assert {run.id: run.metrics for run in folded.history.runs} == {
        "a": {"loss": 0.7},
        "b": {"loss": 0.6},
        "c": {"NMI": 0.5},
        "d": {"ARI": 0.5},
    }


@pytest.mark.parametrize("into", ["ours", "theirs"])
def test_one_column_added_on_both_branches_is_one(project: Project, into: str) -> None:
    both = result("e", loss=0.2, NMI=0.7)
    folded = project.merged(
        BASE,
        [result("c", NMI=0.5), both],
        [result("d", loss=0.1, NMI=0.6), Event(id="a", metrics={"NMI": 0.9}), both],
        into,
    )
    assert (folded.conflicts, folded.notices) == ((), ())
    assert {run.id: run.metrics for run in folded.history.runs} == {
        "a": {"loss": 0.7, "NMI": 0.9},
        "b": {"loss": 0.6},
        "c": {"NMI": 0.5},
        "d": {"loss": 0.1, "NMI": 0.6},
        "e": {"loss": 0.2, "NMI": 0.7},
    }


@pytest.mark.parametrize("into", ["ours", "theirs"])
def test_neither_the_direction_of_a_merge_nor_a_second_one_matters(
    project: Project, into: str
) -> None:
    later = replace(result("c", loss=0.5), recorded_at="2025-06-08T08:00:00Z")
    ours = [result("c", loss=0.5), Event(id="b", kind=EventKind.EXCLUDE), amend(0.4, "typo")]
    theirs = [result("d", loss=0.3), later, Event(id="c", metrics={"NMI": 0.5})]
    folded = project.merged(BASE, ours, theirs, into)
    project.git("checkout", "-q", "main")
    project.git("merge", "-q", "-m", "merge", into)
    project.git("merge", "-q", "-m", "merge", "ours")
    again = FileRecords(project.folder / "history", ["lr"]).read()
    for each in (folded, again):
        assert each.conflicts == ()
        assert {run.id: (run.metrics, run.excluded) for run in each.history.runs} == {
            "a": ({"loss": 0.4}, False),
            "b": ({"loss": 0.6}, True),
            "c": ({"loss": 0.5, "NMI": 0.5}, False),
            "d": ({"loss": 0.3}, False),
        }
