"""Whatever stands in the files: one clear error or a stated fallback, nothing lost."""

import os
import shlex
import shutil
import tempfile
from pathlib import Path

import pytest

HEAD = "id,event,status,recorded_at,label,hours,lr,tau,loss,note\n"
ROW = "run-0001-aaaa,result,completed,,,,0.001,0.5,0.9,\n"
NOBODY = 65534
READING = [["status"], ["best"], ["next"], ["record", "run-0001-aaaa", "--metric", "NMI=1"]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + ROW.replace("0.9", "high"), "loss is 'high', not a number"),
        (HEAD + ROW.replace("0.9", "nan"), "loss is 'nan', not a number"),
        (HEAD.replace("tau,", "") + ROW.replace("0.5,", ""), "no column for the parameter tau"),
        (HEAD.replace("tau,", "lr,") + ROW, "the column lr stands twice"),
        (HEAD + ROW.replace("0.5,", ","), "has no value for tau"),
        (HEAD + "run-0001-aaaa,result\n", "the cells in this row are 2"),
        (HEAD + ROW.replace("result", "resolt"), "did you mean 'result'?"),
        (HEAD + '"run-1,result\n' + ROW, "cannot be read"),
        (b"\xff\xfe\x00\x01" + ROW.encode(), "not UTF-8"),
        (HEAD.encode() + b"\x00\x00", "NUL"),
        ("loss,lr\n0.5,0.1\n", "the header lacks"),
    ],
)
@pytest.mark.parametrize("command", READING)
def test_a_history_that_makes_no_sense(sweep, recommend, text, said, command):
    sweep.write("history/runs.csv", text)
    before = sweep.tree()
    error = recommend(*command, status=1).error
    assert said in error
    assert "history/runs.csv" in error
    assert sweep.tree() == before


@pytest.mark.parametrize("name", ["history", "history/runs.csv", "history/proposals.csv"])
def test_a_file_where_a_folder_should_be_and_the_other_way_round(empty, recommend, name):
    if name == "history":
        empty.write(name, "x")
    else:
        (empty.folder / name).mkdir(parents=True)
    for command in (["status"], ["next"], ["record", "a", "--param", "lr=1", "--param", "tau=1"]):
        error = recommend(*command, status=1).error
        assert name in error
        assert "cannot be" in error


@pytest.fixture
def read_only_history(sweep, recommend, monkeypatch):
    """A project whose history may not be written, and a user whom that stops."""
    recommend("next", "--n", 1, "--dry-run")  # whatever is imported lazily is imported now
    with tempfile.TemporaryDirectory() as name:
        project = Path(name) / "toy"
        shutil.copytree(sweep.folder, project)
        Path(name).chmod(0o755)
        (project / "history").chmod(0o555)
        monkeypatch.chdir(project)
        user = os.geteuid()
        if user == 0:  # nothing is read-only for the superuser
            for path in (project, *project.rglob("*")):
                os.chown(path, NOBODY, NOBODY)
            os.seteuid(NOBODY)
        try:
            yield
        finally:
            os.seteuid(user)
            (project / "history").chmod(0o755)


@pytest.mark.usefixtures("read_only_history")
def test_a_read_only_history(recommend):
    recommend("status")
    recommend("next", "--n", 1, "--dry-run")
    assert "cannot be written" in recommend("next", status=1).error
    call = ["record", "run-0001-aaaa", "--metric", "NMI=1"]
    assert "cannot be written" in recommend(*call, status=1).error


def test_a_missing_history_is_an_empty_one(empty, recommend):
    assert recommend("status", "--json").json["runs"] == 0
    recommend("next", "--n", 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("objective: {metric: loss}\nparameterss: {}\n", "did you mean 'parameters'?"),
        ("objective: {metric: loss}\nparameters: {}\n", "at least one parameter"),
        ("objective: {metric: loss\n", "sweep.yaml"),
        (b"\xff\xfe\xfd", "sweep.yaml"),
        ("", "the file is empty"),
    ],
)
def test_a_wrong_sweep_file(sweep, recommend, text, said):
    sweep.write("configs/sweep.yaml", text)
    for command in (["status"], ["next"], ["best"]):
        assert said in recommend(*command, status=2).error


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "base.yaml"),
        ("lr: 0.1\n", "there is no key 'tau'"),
        ("lr: 0.1\nt: {tau: 0.5}\n", "did you mean 't.tau'?"),
        ("lr: [\n", "base.yaml"),
        ("lr: 0.1\ntau: {a: 1}\n", "tau: is a mapping"),
        ("", "base.yaml"),
    ],
)
def test_a_wrong_template_proposes_nothing(sweep, recommend, text, said):
    (sweep.folder / "configs/base.yaml").unlink()
    if text is not None:
        sweep.write("configs/base.yaml", text)
    assert said in recommend("next", status=2).error
    assert not (sweep.folder / "history/proposals.csv").exists()
    assert recommend("status", "--json").json["pending"] == []


def test_an_objective_that_no_run_has_fills_the_space(sweep, recommend):
    sweep.history("a-1,,,,,,0.001,0.2,,,\na-2,,,,,,0.002,0.5,,,\n")
    document = recommend("next", "--n", 2, "--json").json
    assert document["history"] == {"runs": 2, "fitted": 0, "pending": []}
    assert "few-runs" in [warning["code"] for warning in document["warnings"]]
    assert recommend("status", "--json").json["unmeasured"] == 2
    assert recommend("best", "--json").json["best"] is None


@pytest.mark.parametrize("command", ["status", "best", "next", "jobs"])
def test_a_misspelt_objective_is_refused(sweep, recommend, command):
    path = sweep.folder / "configs/sweep.yaml"
    path.write_text(path.read_text().replace("metric: loss", "metric: los"))
    error = recommend(command, status=2).error
    assert error.startswith("configs/sweep.yaml: objective.metric: there is no column 'los'")
    assert error.endswith("did you mean 'loss'?")
    # The way out, if that is its name after all.
    recommend("record", "run-0001-aaaa", "--metric", "los=0.5")
    recommend(command)


def test_a_misspelt_parameter_is_told_which_column_it_resembles(sweep, recommend):
    path = sweep.folder / "configs/sweep.yaml"
    path.write_text(path.read_text().replace("  lr:  {", "  lrr:  {"))
    error = recommend("next", status=1).error
    assert "there is no column for the parameter lrr; did you mean 'lr'?" in error


@pytest.mark.parametrize("metric", ["NMI", "purity"])  # a blank column, and none that is near
def test_an_objective_may_be_new(sweep, recommend, metric):
    path = sweep.folder / "configs/sweep.yaml"
    path.write_text(path.read_text().replace("metric: loss", f"metric: {metric}"))
    assert recommend("status", "--json").json["unmeasured"] == 6


def test_equal_objectives_and_a_parameter_that_never_varied(sweep, recommend):
    rows = [f"a-{n},,,,,,0.00{n},0.5,0.7,,\n" for n in range(1, 8)]
    sweep.history("".join(rows))
    document = recommend("next", "--n", 2, "--json").json
    assert len(document["batch"]) == 2
    assert document["batch"][0]["params"] != document["batch"][1]["params"]
    assert recommend("best", "--json").json["best"]["metrics"] == {"loss": 0.7}


def test_bounds_narrowed_keep_and_use_the_old_runs(sweep, recommend):
    path = sweep.folder / "configs/sweep.yaml"
    path.write_text(path.read_text().replace("low: 0.1, high: 1.0", "low: 0.4, high: 0.6"))
    document = recommend("next", "--n", 3, "--json").json
    assert document["history"]["fitted"] == 6
    assert all(0.4 <= each["params"]["tau"] <= 0.6 for each in document["batch"])
    assert recommend("status", "--json").json["runs"] == 6


def test_a_category_taken_away_keeps_its_runs(empty, recommend):
    empty.write(
        "configs/sweep.yaml",
        "objective: {metric: loss}\nparameters:\n"
        "  opt: {type: categorical, choices: [adam, sgd]}\n"
        "  n: {type: integer, low: 1, high: 64, scale: log}\n",
    )
    empty.write("configs/base.yaml", "opt: adam\nn: 4\n")
    columns = "id,event,status,recorded_at,label,hours,opt,n,loss,note"
    rows = [
        f"a-{n},,,,,,{opt},{n},0.{n},\n" for n, opt in enumerate(("adam", "sgd", "lion") * 2, 1)
    ]
    empty.history("".join(rows), columns)
    document = recommend("next", "--n", 2, "--json").json
    assert document["history"]["fitted"] == 6
    assert {each["params"]["opt"] for each in document["batch"]} <= {"adam", "sgd"}
    assert all(isinstance(each["params"]["n"], int) for each in document["batch"])
    recommend("best")


def test_a_merge_that_contradicts_itself_is_settled_by_the_command_it_names(sweep, recommend):
    sweep.history(
        "run-0001-aaaa,result,completed,2026-01-01T00:00:00Z,,,0.001,0.5,0.9,,\n"
        "run-0001-aaaa,result,completed,2026-01-02T00:00:00Z,,,0.001,0.5,0.7,,\n"
    )
    before = sweep.tree()
    for command in ("status", "best", "next"):
        error = recommend(command, status=3).error
        assert "0.9" in error and "0.7" in error
        assert "runs.csv:2" in error and "runs.csv:3" in error
    assert sweep.tree() == before
    command = shlex.split(error[error.index("recommend record") :])
    recommend(*command[1:])
    assert recommend("status", "--json").json["best_observed"]["metrics"] == {"loss": 0.9}


def test_hostile_texts_in_the_history_do_nothing(sweep, recommend):
    sweep.write(
        "configs/sweep.yaml",
        "objective: {metric: loss}\nparameters:\n"
        "  'a[red]': {type: categorical, choices: ['[bold]x[/bold]', y]}\n"
        "  b: {type: real, low: 0, high: 1}\n",
    )
    sweep.write("configs/base.yaml", "'a[red]': y\nb: 0.5\n")
    columns = "id,event,status,recorded_at,label,hours,a[red],b,loss,note"
    sweep.history(
        "r-1,,,,=1+1,,[bold]x[/bold],0.5,0.3,[blink]note[/]\n"
        "r-2,,,,[link=x],,\x1b[31mz,0.6,0.2,\x1b]0;title\x07\n",
        columns,
    )
    for command in (["status"], ["best"], ["next", "--n", "2"]):
        answer = recommend(*command)
        assert "\x1b" not in answer.out + answer.err
        assert "a[red]" in answer.out
    assert "\\x1b[31mz" in recommend("status").out
    assert recommend("next", "--n", 2, "--json").json["batch"]
