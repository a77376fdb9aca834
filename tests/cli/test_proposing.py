import json
import subprocess
import sys

import pytest
import yaml

NEXT_KEYS = [
    *("schema", "objective", "history", "exploratory", "context_variance_share", "noise"),
    *("batch", "evaluate", "warnings"),
]
PROPOSAL_KEYS = [
    *("id", "config", "params", "predicted", "expected_improvement"),
    *("probability_of_improvement", "role", "reason"),
]
CONTEXT = """\
objective: {metric: loss, context: [tau]}
parameters:
  lr:  {type: real, low: 1.0e-5, high: 1.0e-1, scale: log}
  tau: {type: real, low: 0.1, high: 1.0}
"""
NMI = CONTEXT.replace("metric: loss, context: [tau]", "metric: NMI, direction: maximize")


def test_json_is_one_document_with_the_promised_keys(sweep, recommend):
    answer = recommend("next", "--n", 2, "--json")
    document = answer.json
    assert answer.err == ""
    assert list(document) == NEXT_KEYS
    assert document["schema"] == 1
    assert document["objective"] == {"metric": "loss", "direction": "minimize", "context": []}
    assert document["history"] == {"runs": 6, "fitted": 6, "pending": []}
    assert document["exploratory"] is False
    for each in document["batch"]:
        assert list(each) == PROPOSAL_KEYS
        assert each["config"] == f"configs/jobs/{each['id']}.yaml"
        assert each["predicted"]["sd"] > 0
        assert 0 <= each["probability_of_improvement"] <= 1
        assert each["role"] and each["reason"]
    for warning in document["warnings"]:
        assert list(warning) == ["code", "message", "runs"]


def test_with_a_context_the_batch_covers_it_and_nothing_is_the_best(sweep, recommend):
    sweep.write("configs/sweep.yaml", CONTEXT)
    document = recommend("next", "--n", 3, "--json").json
    assert document["objective"]["context"] == ["tau"]
    assert document["exploratory"] is True
    assert 0 <= document["context_variance_share"] <= 1
    assert document["warnings"][0]["code"] == "confounded-objective"
    assert len({each["params"]["tau"] for each in document["batch"]}) == 3
    held = recommend("next", "--n", 2, "--fix", "tau=0.5", "--json").json
    assert [each["params"]["tau"] for each in held["batch"]] == [0.5, 0.5]
    assert held["exploratory"] is False


def test_an_objective_that_no_run_has_asks_for_evaluations_and_fills_the_space(sweep, recommend):
    sweep.write("configs/sweep.yaml", NMI)
    document = recommend("next", "--n", 2, "--json").json
    assert document["history"]["fitted"] == 0
    assert len(document["evaluate"]) == 2
    known = {f"run-000{number}-aaaa" for number in range(1, 7)}
    for each in document["evaluate"]:
        assert list(each) == ["id", "metric", "reason"]
        assert each["id"] in known
        assert each["metric"] == "NMI"
    assert document["batch"][0]["predicted"]["mean"] is None
    text = recommend("next", "--n", 1).out
    assert "Before any training: compute NMI" in text


def test_known_configurations_are_not_proposed_under_another_objective(sweep, recommend):
    sweep.write("configs/sweep.yaml", NMI)
    sweep.write("configs/base.yaml", "lr: 0.01\ntau: 0.5\n")  # that is run 3
    document = recommend("next", "--n", 2, "--json").json
    assert {"lr": 0.01, "tau": 0.5} not in [each["params"] for each in document["batch"]]


def test_within_and_fix_hold(sweep, recommend):
    batch = recommend("next", "--n", 3, "--fix", "lr=0.002", "--within", "tau=0.2:0.4", "--json")
    for each in batch.json["batch"]:
        assert each["params"]["lr"] == 0.002
        assert 0.2 <= each["params"]["tau"] <= 0.4


@pytest.mark.parametrize(
    ("choices", "given", "held", "shown"),
    [
        ("[true, false]", "true", True, "true"),
        ("[true, false]", "False", False, "false"),
        ("[16, 32]", "32", 32, "32"),
        ("[0.001, 0.1]", "1e-3", 0.001, "0.001"),
    ],
)
def test_a_choice_is_held_in_any_spelling_and_shown_in_that_of_yaml(
    empty, recommend, choices, given, held, shown
):
    parameters = f"  amp: {{type: categorical, choices: {choices}}}\n"
    path = empty.folder / "configs/sweep.yaml"
    path.write_text(path.read_text() + parameters)
    empty.write("configs/base.yaml", "lr: 0.01\ntau: 0.5\namp: x\n")
    arguments = ["next", "--n", "1", "--fix", f"amp={given}"]
    document = recommend(*arguments, "--json").json["batch"][0]
    assert document["params"]["amp"] == held
    job = (empty.folder / document["config"]).read_text()
    assert type(yaml.safe_load(job)["amp"]) is type(held)
    assert yaml.safe_load(job)["amp"] == held
    row = next(line for line in recommend(*arguments).out.splitlines() if "run-0002-" in line)
    assert row.split()[3] == shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--n", "0"], "n is 0; allowed: whole numbers 1 to"),
        (["--n", "-1"], "n is -1; allowed"),
        (["--n", "10000"], "n is 10000; allowed"),
        (["--fix", "lrr=0.1"], "did you mean 'lr'?"),
        (["--within", "tua=0.1:0.2"], "did you mean 'tau'?"),
        (["--fix", "lr=7"], "7.0 is not allowed; allowed: 1e-05 to 0.1"),
        (["--fix", "lr=fast"], "is not a number"),
        (["--fix", "lr=nan"], "not a"),
        (["--fix", "lr"], "NAME=VALUE"),
        (["--fix", "lr=0.01", "--fix", "lr=0.02"], "twice"),
        (["--fix", "lr=0.01", "--within", "lr=0.01:0.02"], "both fixed and narrowed"),
        (["--within", "tau=0.2"], "NAME=LOW:HIGH"),
        (["--within", "tau=0.4:0.2"], "wrong way round"),
        (["--within", "tau=:0.2"], "is not a number"),
        (["--within", "tau=0.2:7"], "is not allowed; allowed: 0.1 to 1.0"),
    ],
)
def test_a_wrong_request_is_refused_and_nothing_is_written(sweep, recommend, arguments, said):
    before = sweep.tree()
    assert said in recommend("next", *arguments, status=2).error
    assert sweep.tree() == before


def test_the_same_history_and_seed_give_the_same_batch_in_another_process(sweep, recommend):
    here = recommend("next", "--n", 3, "--dry-run", "--json").json["batch"]
    command = [sys.executable, "-m", "recommender.cli.main", "next", "--n", "3", "--json"]
    there = subprocess.run(command, capture_output=True, check=True)
    assert there.stderr == b""
    assert json.loads(there.stdout)["batch"] == here


def test_another_seed_gives_another_batch(empty, recommend):
    def params(seed):
        answer = recommend("next", "--n", 3, "--dry-run", "--seed", seed, "--json")
        return [each["params"] for each in answer.json["batch"]]

    assert params(0) == params(0)
    assert params(0)[1:] != params(7)[1:]


def test_all_parameters_held_is_stated_as_a_replicate(sweep, recommend):
    batch = recommend("next", "--n", 2, "--fix", "lr=0.01", "--fix", "tau=0.5", "--json")
    assert [each["role"] for each in batch.json["batch"]] == ["replicate", "replicate"]
    assert len({each["id"] for each in batch.json["batch"]}) == 2


def test_quiet_prints_the_job_files_alone_as_they_can_be_opened_from_here(
    sweep, recommend, monkeypatch
):
    folder = sweep.folder / "deeper" / "down"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    answer = recommend("next", "--n", 2, "--quiet")
    assert answer.err == ""
    for path in answer.out.splitlines():
        assert yaml.safe_load((folder / path).read_text())["name"] == "toy"
    assert len(answer.out.splitlines()) == 2


def test_a_job_file_in_the_way_is_a_question_and_nothing_is_proposed(sweep, recommend):
    batch = recommend("next", "--n", 1, "--dry-run", "--json").json["batch"]
    sweep.write(batch[0]["config"], "mine: 1\n")
    before = sweep.tree()
    error = recommend("next", "--n", 1, status=3).error
    assert batch[0]["config"] in error
    assert "move it away" in error
    assert sweep.tree() == before


def test_jobs_makes_lost_files_anew_byte_for_byte(sweep, recommend):
    ids = [each["id"] for each in recommend("next", "--n", 2, "--json").json["batch"]]
    files = {id: sweep.folder / f"configs/jobs/{id}.yaml" for id in ids}
    texts = {id: path.read_bytes() for id, path in files.items()}
    files[ids[0]].unlink()
    answer = recommend("jobs", "--json").json
    assert [row["state"] for row in answer["jobs"]] == ["written", "unchanged"]
    assert {id: path.read_bytes() for id, path in files.items()} == texts
    assert recommend("jobs", ids[0], ids[0], "-q").out == f"configs/jobs/{ids[0]}.yaml\n"


def test_jobs_looks_at_the_data_alone(sweep, recommend):
    id = recommend("next", "--n", 1, "--json").json["batch"][0]["id"]
    path = sweep.folder / f"configs/jobs/{id}.yaml"
    kept = "# looked through\n" + path.read_text().replace("epochs: 10", "epochs:  10  # few")
    path.write_text(kept)
    assert recommend("jobs", "--json").json["jobs"][0]["state"] == "unchanged"
    assert path.read_text() == kept


def test_after_an_edit_of_the_template_jobs_makes_the_lost_and_names_the_differing(
    sweep, recommend
):
    ids = [each["id"] for each in recommend("next", "--n", 2, "--json").json["batch"]]
    differing, lost = (sweep.folder / f"configs/jobs/{id}.yaml" for id in ids)
    sweep.write("configs/base.yaml", "lr: 1.0\ntau: 1.0\nnew: 1\n")
    before = differing.read_bytes()
    lost.unlink()
    answer = recommend("jobs", status=3)
    assert f"{differing.name}  differs" in answer.out
    assert f"{lost.name}  written" in answer.out
    assert f"configs/jobs/{differing.name}: not what the proposal" in answer.err
    assert lost.name not in answer.err
    assert differing.read_bytes() == before
    assert yaml.safe_load(lost.read_text())["new"] == 1
    states = [row["state"] for row in recommend("jobs", "--json", status=3).json["jobs"]]
    assert states == ["differs", "unchanged"]


def test_jobs_keeps_a_file_that_differs_and_makes_a_backup_if_forced(sweep, recommend):
    id = recommend("next", "--n", 1, "--json").json["batch"][0]["id"]
    path = sweep.folder / f"configs/jobs/{id}.yaml"
    path.write_text("mine: 1\n")
    assert "--force" in recommend("jobs", status=3).err
    assert path.read_text() == "mine: 1\n"
    rows = recommend("jobs", "--force", "--json").json["jobs"]
    assert rows[0]["state"] == "replaced"
    assert (sweep.folder / rows[0]["backup"]).read_text() == "mine: 1\n"
    assert yaml.safe_load(path.read_text())["name"] == "toy"
    path.write_text("mine: 2\n")
    again = recommend("jobs", "--force", "--json").json["jobs"]
    assert again[0]["backup"] != rows[0]["backup"]


def test_jobs_knows_only_proposed_runs(sweep, recommend):
    answer = recommend("jobs")
    assert answer.out == ""
    assert "no run is pending" in answer.err
    id = recommend("next", "--n", 1, "--json").json["batch"][0]["id"]
    error = recommend("jobs", "run-0001-aaaa", status=2).error
    assert f"run-0001-aaaa was never proposed, so it has no job file; did you mean '{id}'?" in error
    assert f"did you mean '{id}'?" in recommend("jobs", id[:-1], status=2).error


def test_where_no_job_can_be_written_nothing_is_proposed(sweep, recommend):
    sweep.write("configs/jobs", "a file where a folder should be")
    assert "configs/jobs: cannot be written" in recommend("next", "--n", 2, status=1).error
    assert recommend("status", "--json").json["pending"] == []
    assert not (sweep.folder / "history/proposals.csv").exists()


def test_a_job_that_cannot_be_written_leaves_the_run_pending_and_says_the_way_out(
    sweep, recommend, monkeypatch
):
    def full(_self, _target):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.hardlink_to", full)
        error = recommend("next", "--n", 2, status=1).error
    assert "No space left on device" in error
    assert "recommend jobs" in error
    assert len(recommend("status", "--json").json["pending"]) == 2
    assert len(recommend("jobs", "-q").out.splitlines()) == 2


def test_jobs_get_seeds_of_their_own_where_the_sweep_file_says_so(sweep, recommend):
    sweep.write("configs/base.yaml", "seed: 0\nlr: 0.1\ntau: 0.5\n")
    path = sweep.folder / "configs/sweep.yaml"
    path.write_text(path.read_text() + "jobs: {seed: {key: seed, policy: per-run}}\n")
    batch = recommend("next", "--n", 2, "--json").json["batch"]
    jobs = [yaml.safe_load((sweep.folder / each["config"]).read_text()) for each in batch]
    assert [job["seed"] for job in jobs] == [7, 8]
