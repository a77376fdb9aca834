"""Ids, labels, notes and names that are paths, formulas, SQL, markup or control characters."""

from __future__ import annotations

import re

import pytest

from tests.conftest import Answer, Recommend, Sweep
from tests.reliability.measured import Measured
from tests.reliability.mutations import TOKENS

TEXTS = [text for text in TOKENS if "\x00" not in text]  # which no argument can hold
NEW = ["--param", "lr=0.01", "--param", "tau=0.5", "--metric", "loss=0.5"]
in_files_or_a_database = pytest.mark.parametrize("backend", ["files", "sqlite"], indirect=True)


@pytest.fixture
def texts(long: bool) -> list[str]:
    return TEXTS if long else TEXTS[::5]


def calm(answer: Answer) -> bool:
    """Whether a call was done or refused in words, with nothing that acts on a terminal."""
    shown = (answer.out + answer.err).replace("\n", "")
    assert shown.isprintable(), answer
    assert "Traceback" not in answer.err
    assert "internal error" not in answer.err
    assert answer.status in (0, 2, 3), answer
    return answer.status == 0


def files(sweep: Sweep) -> set[str]:
    """Every file in and around the project."""
    around = sweep.folder.parent.rglob("*")
    return {path.relative_to(sweep.folder.parent).as_posix() for path in around if path.is_file()}


@in_files_or_a_database
def test_as_an_id(sweep: Sweep, recommend: Recommend, texts: list[str], measured: Measured) -> None:
    before, accepted = files(sweep), []
    for text in texts:
        if calm(recommend("record", *NEW, "--", text, status=None)):
            accepted.append(text)
        for command in (["drop"], ["jobs"], ["exclude", "--reason", "why"]):
            calm(recommend(*command, "--", text, status=None))
    assert accepted
    assert {run.id for run in sweep.open().read().history.runs[6:]} == {*map(str.strip, accepted)}
    assert all(re.fullmatch("[A-Za-z0-9][A-Za-z0-9._-]*", text.strip()) for text in accepted)
    assert {name for name in files(sweep) - before if not name.endswith(".lock")} == set()
    measured.add("hostile ids", tried=len(texts), **{"files outside": 0})


@in_files_or_a_database
def test_as_a_label_and_a_note(
    sweep: Sweep, recommend: Recommend, texts: list[str], measured: Measured
) -> None:
    texts = [text for text in texts if text.strip()]  # blanks are all one label
    before, accepted = files(sweep), 0
    for text in texts:
        given = [f"--label={text}", f"--note={text}"]
        accepted += calm(recommend("record", *NEW, *given, status=None))
    assert len(sweep.open().read().history.runs) == 6 + accepted
    assert calm(recommend("status"))
    recommend("status", "--json")
    assert {name for name in files(sweep) - before if not name.endswith(".lock")} == set()
    assert accepted > len(texts) / 2
    measured.add("hostile labels and notes", tried=len(texts), accepted=accepted)


@in_files_or_a_database
def test_as_the_name_of_a_metric_or_a_parameter(
    sweep: Sweep, recommend: Recommend, texts: list[str], measured: Measured
) -> None:
    accepted = 0
    for number, text in enumerate(texts):
        given = ["--new-metric", f"--metric={text}={number}.5"]
        if calm(recommend("record", "run-0001-aaaa", *given, status=None)):
            accepted += 1
            run = sweep.open().read().history.get("run-0001-aaaa")
            assert run is not None
            assert run.metrics[text.strip()] == number + 0.5
        for option in ("--fix", "--within", "--metric"):
            calm(recommend("next", "--n", 1, "--dry-run", f"{option}={text}=1", status=None))
    run = sweep.open().read().history.get("run-0001-aaaa")
    assert run is not None
    assert (run.params, run.metrics["loss"]) == ({"lr": 0.0001, "tau": 0.2}, 0.91)
    assert accepted
    measured.add("hostile names of metrics", tried=len(texts), accepted=accepted)


def test_as_the_name_or_a_choice_of_a_parameter_in_the_sweep_file(
    sweep: Sweep, recommend: Recommend, texts: list[str]
) -> None:
    """Both are quoted as YAML has it, so that every text arrives as it is."""
    path = sweep.folder / "configs" / "sweep.yaml"
    before = path.read_text()
    for text in texts:
        quoted = '"' + "".join(f"\\U{ord(c):08x}" for c in text) + '"'
        for entry in (
            f"  {quoted}: {{type: real, low: 0, high: 1, backfill: 0.5}}\n",
            f"  kind: {{type: categorical, choices: [a, {quoted}], backfill: a}}\n",
        ):
            path.write_text(before + entry)
            calm(recommend("status", status=None))
    path.write_text(before)
    recommend("status")
