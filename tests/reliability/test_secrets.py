"""Passwords, planted wherever one can be typed: none is found in an output, a file or an error."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import count
from urllib.parse import quote

import pytest

from recommender.records import open_records
from tests.conftest import PARAMETERS, Recommend, Sweep
from tests.reliability.measured import Measured

SECRET = "pl4nted/s3cr et@x"
PIECES = ("pl4nted", "s3cr", "et@x")
NOWHERE = "localhost:1/x"  # where no server listens
URLS = {
    "a login": f"postgresql+psycopg://me:{SECRET}@{NOWHERE}",
    "a quoted login": f"postgresql+psycopg://me:{quote(SECRET, safe='')}@{NOWHERE}",
    "a login without a user": f"postgresql://:{SECRET}@{NOWHERE}",
    "an option": f"postgresql+psycopg://me@{NOWHERE}?password={quote(SECRET)}",
    "the password of a key": f"postgresql+psycopg://me@{NOWHERE}?sslpassword={quote(SECRET)}",
    "a port that is none": f"postgresql+psycopg://me:{SECRET}@localhost:port/x",
    "a host that is none": f"postgresql+psycopg://me:{SECRET}@no such host/x",
    "an option that is none": f"postgresql+psycopg://me:{SECRET}@{NOWHERE}?nonsense=1",
    "an unknown database": f"oracle://me:{SECRET}@localhost/x",
    "an unknown driver": f"postgresql+other://me:{SECRET}@localhost/x",
    "a file with a login": f"sqlite://me:{SECRET}@localhost/x",
    "no scheme": f"://me:{SECRET}@localhost/x",
}
LOGIN = URLS["a login"]
ARGUMENTS = {
    "one argument too many": ["history", "copy", "history", "other", LOGIN],
    "a command": [LOGIN],
    "a command of a group": ["history", LOGIN],
    "an option's value": ["next", "--n", LOGIN],
    "an unknown option's value": ["next", f"--history={LOGIN}"],
    "the project folder": ["-C", LOGIN, "status"],
    "a table": ["import", LOGIN],
    "a file of results": ["record", "run-0001-aaaa", "--result", LOGIN],
    "a run": ["drop", LOGIN],
    "the name of a metric": ["record", "run-0001-aaaa", "--metric", LOGIN],
    "a parameter to hold": ["next", "--fix", f"{LOGIN}=1"],
}
COMMANDS = (
    ["status"],
    ["best", "--json"],
    ["next", "--n", "1"],
    ["record", "run-0001-aaaa", "--metric", "NMI=0.5"],
    ["history", "copy", "history", "{url}"],
    ["history", "copy", "{url}", "other", "--json"],
    ["doctor", "--storage", "--strict"],
)
_planted = count(1)


def require_hidden(sweep: Sweep, *outputs: str) -> None:
    for piece in PIECES:
        for output in outputs:
            assert piece not in output, output
        for path in sweep.folder.rglob("*"):
            assert piece not in path.name
            assert not path.is_file() or piece.encode() not in path.read_bytes(), path


@pytest.fixture(autouse=True)
def planted(measured: Measured, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Count a secret, and look for it in all that any library would log."""
    for logger in (None, "sqlalchemy"):
        caplog.set_level(logging.DEBUG, logger)
    yield
    assert not [piece for piece in PIECES if piece in caplog.text]
    number = next(_planted)
    what = "planted secrets"
    measured.rows[:] = [row for row in measured.rows if row[0] != what]
    measured.add(what, planted=number, found=0)


@pytest.mark.parametrize("name", URLS)
def test_a_password_in_the_environment(
    sweep: Sweep, recommend: Recommend, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    url = URLS[name]
    monkeypatch.setenv("PGPASSWORD", SECRET)
    for command in COMMANDS:
        for debug in ([], ["--debug"]):
            # Given as an argument where the command takes one, otherwise in the environment.
            given = [url if word == "{url}" else word for word in command]
            monkeypatch.setenv("RECOMMEND_HISTORY", "" if url in given else url)
            answer = recommend(*debug, *given, status=None)
            assert answer.status in (1, 2, 3)
            require_hidden(sweep, answer.out, answer.err)


@pytest.mark.parametrize("name", URLS)
def test_a_password_in_the_sweep_file(sweep: Sweep, recommend: Recommend, name: str) -> None:
    path = sweep.folder / "configs" / "sweep.yaml"
    text = path.read_text()
    path.write_text(f"history: '{URLS[name]}'\n{text}")
    answers = [recommend(*debug, "status", status=2) for debug in ([], ["--debug"])]
    path.write_text(text)
    require_hidden(sweep, *(output for answer in answers for output in (answer.out, answer.err)))


@pytest.mark.parametrize("name", ARGUMENTS)
def test_a_password_in_an_argument(sweep: Sweep, recommend: Recommend, name: str) -> None:
    for debug in ([], ["--debug"]):
        answer = recommend(*debug, *ARGUMENTS[name], status=None)
        assert answer.status in (1, 2)
        require_hidden(sweep, answer.out, answer.err)


def test_a_password_that_the_server_takes(
    sweep: Sweep,
    recommend: Recommend,
    postgresql: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Everything works, and nothing of what is written holds the password."""
    url = postgresql.replace("tests@", f"tests:{quote(SECRET, safe='')}@")
    answers = [recommend("history", "copy", "history", url)]
    monkeypatch.setenv("RECOMMEND_HISTORY", url)
    answers += [recommend("next", "--n", 2)]
    (pending, _) = recommend("status", "--json").json["pending"]
    answers += [recommend("record", pending, "--metric", "loss=0.4", "--note", "done")]
    answers += [recommend("record", pending, "--metric", "loss=0.5", status=3)]
    answers += [recommend("jobs"), recommend("best"), recommend("--debug", "status")]
    answers += [recommend("history", "copy", url, "other", "--json")]
    require_hidden(sweep, *(output for answer in answers for output in (answer.out, answer.err)))
    assert "sqlalchemy" in {record.name.split(".")[0] for record in caplog.records}
    records = open_records(url, sweep.folder, PARAMETERS)
    require_hidden(sweep, repr(records), repr(vars(records)["database"]))
