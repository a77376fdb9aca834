"""Two branches that went on by themselves, merged by git as the committed attributes say."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def git(sweep):
    """Run git in the project, which is a repository with everything committed."""

    def git(*arguments):
        name = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *name, *arguments], cwd=sweep.folder, check=True)

    shutil.copy(ROOT / ".gitattributes", sweep.folder)
    shutil.copy(ROOT / ".gitignore", sweep.folder)
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-q", "-m", "six runs")
    return git


@pytest.fixture
def on_branch(git, recommend):
    """Call commands on a branch of its own and commit what they leave."""

    def on_branch(name, *calls):
        git("checkout", "-q", "-b", name, "main")
        answers = [recommend(*call) for call in calls]
        git("add", "-A")
        git("commit", "-q", "-m", name)
        return answers

    return on_branch


def test_two_branches_that_proposed_the_same_and_recorded_different_results(
    sweep, git, on_branch, recommend
):
    propose = ["next", "--n", "2", "--json"]
    first, second = (each["id"] for each in recommend(*propose, "--dry-run").json["batch"])
    on_branch("ours", propose, ["record", first, "--metric", "loss=0.5", "--hours", "3"])
    on_branch("theirs", propose, ["record", second, "--metric", "loss=0.4", "--note", "a, b"])
    git("merge", "-q", "-m", "merge", "ours")
    folded = sweep.open().read()
    assert folded.notices == ()
    runs = {run.id: run for run in folded.history.runs}
    assert len(runs) == 8
    assert (runs[first].metrics, runs[first].hours) == ({"loss": 0.5}, 3.0)
    assert (runs[second].metrics, runs[second].note) == ({"loss": 0.4}, "a, b")
    assert {runs[id].proposal.batch for id in (first, second)} == {1}
    status = recommend("status", "--json").json
    assert (status["completed"], status["pending"]) == (8, [])
    assert status["best_observed"]["id"] == second
    files = recommend("jobs", first, second, "--json").json["jobs"]
    assert [file["state"] for file in files] == ["unchanged", "unchanged"]
    assert [each["id"][:8] for each in recommend(*propose).json["batch"]] == [
        *("run-0009", "run-0010")
    ]


def test_two_branches_that_proposed_different_runs_keep_them_all(sweep, git, on_branch, recommend):
    on_branch("ours", ["next", "--n", "2"])
    on_branch("theirs", ["next", "--n", "2", "--fix", "tau=0.25"])
    git("merge", "-q", "-m", "merge", "ours")
    pending = recommend("status", "--json").json["pending"]
    assert len(pending) == len(list((sweep.folder / "configs/jobs").iterdir())) == 4
    assert recommend("next", "--n", "1", "--json").json["batch"][0]["id"].startswith("run-0009")


def test_the_way_out_that_a_contradiction_names_works_as_it_stands(git, on_branch, recommend):
    amend = ["record", "run-0002-aaaa", "--amend", "typo", "--metric"]
    on_branch("ours", ["record", "run-0001-aaaa", "--metric", "NMI=0.5"], [*amend, "loss=0.61"])
    on_branch("theirs", ["record", "run-0001-aaaa", "--metric", "NMI=0.6"], [*amend, "loss=0.63"])
    git("merge", "-q", "-m", "merge", "ours")
    ways = re.findall("keep one of them with: recommend (.*)", recommend("status", status=3).error)
    assert len(ways) == 2
    for way in ways:
        recommend(*shlex.split(way))
    assert recommend("status", "--json").json["completed"] == 6
    assert recommend("doctor", "--storage", "--strict").err == ""


def test_two_branches_that_recorded_one_run_differently_are_asked(git, on_branch, recommend):
    on_branch("ours", ["record", "run-0001-aaaa", "--metric", "NMI=0.5"])
    on_branch("theirs", ["record", "run-0001-aaaa", "--metric", "NMI=0.6"])
    git("merge", "-q", "-m", "merge", "ours")
    error = recommend("status", status=3).error
    assert "0.5 (history/runs.csv:" in error and "0.6 (history/runs.csv:" in error
    recommend("record", "run-0001-aaaa", "--metric", "NMI=0.6", "--amend", "read the log again")
    recommend("status")
