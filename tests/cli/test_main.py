import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from recommender import errors
from recommender.cli import main as command_line
from recommender.cli.main import exit_status

COMMANDS = [
    *("init", "import", "next", "jobs", "record", "drop", "exclude", "restore", "status", "best"),
    *("doctor", "effects", "why", "scorecard", "check", "report", "history copy"),
]
WRITE_NOTHING = ("status", "best", "effects", "why", "scorecard", "check")
README = Path(__file__).parents[2] / "README.md"


def process(*arguments, **options):
    command = [sys.executable, "-m", "recommender.cli.main", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=False, **options)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.UsageError, 2),
        (errors.SpaceError, 2),
        (errors.ConfigError, 2),
        (errors.TableError, 1),
        (errors.HistoryError, 1),
        (errors.JobError, 1),
        (errors.ConflictError, 3),
        (errors.RecommenderError, 1),
    ],
)
def test_each_kind_of_error_has_its_exit_status(error, status):
    assert exit_status(error("x")) == status


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help_text(recommend, command):
    text = recommend(*command.split(), "--help").out
    assert text.startswith(f"Usage: recommend {command} ")
    assert text == recommend(*command.split(), "-h").out
    assert "--json" in text
    assert "--quiet" in text
    assert ("--dry-run" in text) is (command not in WRITE_NOTHING)


def test_the_help_lists_every_command(recommend):
    text = recommend("--help").out
    listed = [line.split()[0] for line in text.split("Commands:")[1].splitlines() if line.strip()]
    assert listed[: len(COMMANDS)] == [command.split()[0] for command in COMMANDS]
    assert "Exit status: 0 done; 1 failed" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_the_readme_has_every_command(command):
    text = README.read_text() if README.exists() else ""
    if "`recommend " not in text:
        pytest.skip("README.md has no table of commands yet")
    assert re.search(rf"`(recommend )?{command}\b", text)


@pytest.mark.parametrize(
    "arguments",
    [
        *(["nxt"], ["next", "--nope"], ["next", "--n", "four"], ["next", "--seed", "-1"]),
        *(["import"], ["exclude"], ["record", "a", "b"], ["status", "x"], ["--project"]),
    ],
)
def test_wrong_usage_exits_with_2_and_no_traceback(sweep, recommend, arguments):
    answer = recommend(*arguments, status=2)
    assert "Usage: recommend" in answer.err + answer.out or answer.err.startswith("Error: ")
    assert "Traceback" not in answer.err


def test_a_mistyped_command_gets_the_nearest(recommend):
    assert "Did you mean 'next'?" in recommend("nxt", status=2).err


def test_the_version(recommend):
    from recommender import __version__

    assert recommend("--version").out == f"recommend {__version__}\n"


def test_no_project_is_wrong_usage_with_a_way_out(tmp_path, monkeypatch, recommend):
    monkeypatch.delenv("RECOMMEND_PROJECT", raising=False)
    monkeypatch.chdir(tmp_path)
    for command in ("next", "status", "best", "jobs"):
        error = recommend(command, status=2).error
        assert "recommend init" in error
        assert "-C DIR" in error


def test_the_nearest_project_upward_is_taken(sweep, recommend, monkeypatch):
    folder = sweep.folder / "configs"
    monkeypatch.chdir(folder)
    assert recommend("status", "--json").json["runs"] == 6


def test_a_project_is_named_by_option_or_environment(sweep, recommend, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert recommend("-C", sweep.folder, "status", "--json").json["runs"] == 6
    assert recommend("-C", "toy", "status", "--json").json["runs"] == 6
    monkeypatch.setenv("RECOMMEND_PROJECT", str(sweep.folder))
    assert recommend("status", "--json").json["runs"] == 6
    error = recommend("-C", sweep.folder / "configs", "status", status=2).error
    assert "holds no configs/sweep.yaml" in error
    monkeypatch.setenv("RECOMMEND_PROJECT", "")
    assert "recommend init" in recommend("status", status=2).error


def test_a_named_project_takes_the_jobs_too(sweep, recommend, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    answer = recommend("-C", "toy", "next", "--n", "1", "-q")
    assert answer.out.startswith("toy/configs/jobs/run-0007-")
    assert (tmp_path / answer.out.strip()).is_file()


def broken(*_):
    raise ZeroDivisionError("a bug")


def test_an_internal_error_exits_with_1_and_without_a_traceback(sweep, recommend, monkeypatch):
    monkeypatch.setattr("recommender.cli.looking.standing", broken)
    answer = recommend("status", status=1)
    assert answer.out == ""
    assert answer.err.startswith("recommend: internal error: ZeroDivisionError: a bug")
    assert "Traceback" not in answer.err
    assert "--debug" in answer.err


def test_debug_shows_the_traceback(sweep, recommend, monkeypatch):
    monkeypatch.setattr("recommender.cli.looking.standing", broken)
    answer = recommend("--debug", "status", status=1)
    assert "Traceback" in answer.err
    assert answer.err.splitlines()[-1].startswith("recommend: internal error")


@pytest.fixture
def nobody():
    """A pipe without a reader: what is written to it fails."""
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


@pytest.mark.parametrize("option", [[], ["--json"], ["--quiet"]])
def test_a_reader_that_leaves_early_is_no_error_and_all_is_written(sweep, nobody, option):
    command = [sys.executable, "-m", "recommender.cli.main", "next", "--n", "2", *option]
    done = subprocess.run(command, stdout=nobody, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(sweep.open().read().history.pending) == 2
    assert len(list((sweep.folder / "configs" / "jobs").iterdir())) == 2


def test_an_error_that_nobody_reads_has_its_status_all_the_same(sweep, nobody):
    command = [sys.executable, "-m", "recommender.cli.main"]
    for arguments, status in ((["jobs", "run-9"], 2), (["status"], 0), (["nope"], 1)):
        done = subprocess.run([*command, *arguments], stdout=nobody, stderr=nobody, check=False)
        assert done.returncode == status


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize(
    "arguments", [["status"], ["status", "--json"], ["--help"], ["next", "-q"]]
)
def test_an_answer_that_cannot_be_written_is_one_error(sweep, arguments):
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "recommender.cli.main", *arguments]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1
    assert re.fullmatch(
        rb"recommend: the answer cannot be written .*No space left.*\n", done.stderr
    )


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_stream_that_the_caller_closed_is_no_error(sweep, stream):
    code = f"import sys; sys.{stream} = None; from recommender.cli.main import main; main()"
    done = subprocess.run([sys.executable, "-c", code, "status"], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert (b"6 runs" in done.stdout) == (stream == "stderr")


@pytest.mark.parametrize(
    ("status", "arguments"),
    [
        (1, ["init", "--from", "none.csv"]), (1, ["import", "none.csv"]),
        (2, ["next", "--fix", "lrr=1"]), (2, ["jobs", "run-9"]),
        (2, ["record", "run-9", "--metric", "loss=0.1"]), (2, ["drop", "run-9"]),
        (2, ["exclude", "run-9", "--reason", "x"]), (2, ["restore", "run-9"]),
        (2, ["-C", "none", "status"]), (2, ["-C", "none", "best"]),
    ],
)  # fmt: skip
def test_an_error_leaves_standard_output_empty_with_json_too(sweep, recommend, status, arguments):
    said = recommend(*arguments, "--json", status=status).error
    assert said == recommend(*arguments, status=status).error


def test_no_encoding_of_the_terminal_is_an_error(sweep):
    done = process("next", "--n", 1, env=os.environ | {"PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"run-0007-" in done.stdout


def test_output_that_nobody_looks_at_has_no_escape_codes(sweep):
    for command in (["next", "--n", "1"], ["status"], ["--help"]):
        done = process(*command)
        assert done.returncode == 0
        assert b"\x1b" not in done.stdout + done.stderr


def test_the_quick_commands_load_no_slow_package(sweep):
    code = (
        "import sys\nfrom recommender.cli import main\n"
        "try:\n    main.main()\nexcept SystemExit as exit:\n    assert not exit.code\n"
        "slow = {'skopt', 'sklearn', 'scipy', 'numpy', 'pandas'} & set(sys.modules)\n"
        "slow |= {'sqlalchemy', 'alembic', 'psycopg'} & set(sys.modules)\n"
        "assert not slow, slow"
    )
    for command in (["--help"], ["status"], ["record", "run-0001-aaaa", "--metric", "NMI=0.5"]):
        call = [sys.executable, "-c", code, *command]
        subprocess.run(call, stdout=subprocess.DEVNULL, check=True)


def test_the_module_names_its_statuses():
    statuses = (command_line.FAILED, command_line.WRONG_USAGE, command_line.NEEDS_A_PERSON)
    assert statuses == (1, 2, 3)
