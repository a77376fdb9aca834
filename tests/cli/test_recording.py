import csv

import pytest

from tests.conftest import every_backend

pytestmark = every_backend

ID = ["run-0001-aaaa"]
NEW = ["--param", "lr=0.002", "--param", "tau=0.4"]


def rows(sweep):
    return list(csv.DictReader(sweep.ledger().splitlines()))


def runs(sweep):
    return {run.id: run for run in sweep.open().read().history.runs}


@pytest.fixture
def proposed(sweep, recommend):
    """The ids of two pending proposals."""
    batch = recommend("next", "--n", 2, "--json").json["batch"]
    return [each["id"] for each in batch]


def test_a_result_is_appended_with_all_that_was_said(sweep, recommend, proposed):
    before = sweep.ledger()
    answer = recommend(
        *("record", proposed[0], "--metric", "loss=0.47", "--metric", "ARI=0.5"),
        *("--hours", "3.25", "--label", "0613_205042", "--note", "a, b"),
    )
    assert answer.out.startswith(f"{proposed[0]}: recorded as completed")
    assert "loss 0.47, ARI 0.5, 3.25 hours, label 0613_205042, a, b" in answer.out
    assert answer.err == ""
    row = rows(sweep)[-1]
    assert (row["id"], row["event"], row["status"]) == (proposed[0], "result", "completed")
    assert (row["loss"], row["ARI"], row["hours"]) == ("0.47", "0.5", "3.25")
    assert (row["label"], row["note"]) == ("0613_205042", "a, b")
    assert row["lr"] and row["tau"]
    assert len(sweep.ledger().splitlines()) == len(before.splitlines()) + 1


def test_the_same_again_is_a_no_op(sweep, recommend, proposed):
    call = ["record", proposed[0], "--metric", "loss=0.47"]
    recommend(*call)
    before = sweep.tree()
    assert "nothing new" in recommend(*call).out
    assert recommend(*call, "--json").json["runs"] == [{"id": proposed[0], "changed": False}]
    assert sweep.tree() == before


def test_a_contradiction_shows_both_values_and_writes_nothing(sweep, recommend, proposed):
    recommend("record", proposed[0], "--metric", "loss=0.47")
    before = sweep.tree()
    error = recommend("record", proposed[0], "--metric", "loss=0.74", status=3).error
    assert "0.47" in error and "0.74" in error
    assert "--amend" in error
    assert sweep.tree() == before


def test_an_amendment_replaces_a_metric_and_names_what_it_replaced(sweep, recommend):
    call = ["record", "run-0001-aaaa", "--metric", "loss=0.5", "--amend", "typed wrongly"]
    recommend(*call, "--note", "see the log")
    assert runs(sweep)["run-0001-aaaa"].metrics["loss"] == 0.5
    assert rows(sweep)[-1]["note"] == "replaces loss=0.91; typed wrongly; see the log"
    assert "nothing new" in recommend(*call).out


def test_a_mistyped_parameter_is_amended(sweep, recommend):
    recommend("record", "run-0001-aaaa", "--param", "lr=0.0002", "--amend", "a zero too many")
    run = runs(sweep)["run-0001-aaaa"]
    assert run.params["lr"] == 0.0002
    assert run.first_params["lr"] == 0.0001


@pytest.mark.parametrize("reason", ["", "  "])
def test_an_amendment_needs_a_reason(sweep, recommend, reason):
    call = ["record", "run-0001-aaaa", "--metric", "loss=0.5", "--amend", reason]
    assert "needs a reason" in recommend(*call, status=2).error


def test_a_metric_may_come_later(sweep, recommend):
    recommend("record", "run-0001-aaaa", "--metric", "NMI=0.61")
    assert runs(sweep)["run-0001-aaaa"].metrics == {"loss": 0.91, "NMI": 0.61}


def test_a_crashed_run_may_complete_and_a_diverged_one_is_evidence(sweep, recommend, proposed):
    recommend("record", proposed[0], "--status", "crashed", "--note", "node died")
    recommend("record", proposed[1], "--status", "diverged")
    status = recommend("status", "--json").json
    assert (status["crashed"], status["diverged"], status["pending"]) == (1, 1, [])
    recommend("record", proposed[0], "--metric", "loss=0.5")
    assert recommend("status", "--json").json["crashed"] == 0
    recommend("next", "--n", 1)


@pytest.mark.parametrize("status", ["crashed", "diverged"])
def test_a_failed_run_has_no_objective(sweep, recommend, proposed, status):
    call = ["record", proposed[0], "--status", status, "--metric", "loss=0.5"]
    assert "leave out one" in recommend(*call, status=2).error


def test_a_diverged_run_does_not_get_an_objective_later(sweep, recommend, proposed):
    recommend("record", proposed[0], "--status", "diverged")
    error = recommend("record", proposed[0], "--metric", "loss=0.5", status=3).error
    assert "--amend" in error
    recommend(
        *("record", proposed[0], "--status", "completed", "--metric", "loss=0.5"),
        *("--amend", "looked at the wrong log"),
    )
    assert runs(sweep)[proposed[0]].status == "completed"


@pytest.mark.parametrize("option", [["--note", "x"], ["--hours", "2"], ["--label", "x"]])
@pytest.mark.parametrize("first", [None, "crashed"])
def test_a_remark_does_not_complete_a_run(sweep, recommend, proposed, option, first):
    if first:
        recommend("record", proposed[0], "--status", first)
    before = sweep.tree()
    error = recommend("record", proposed[0], *option, status=2).error
    assert "say what became of it" in error
    assert sweep.tree() == before


def test_a_label_and_hours_of_zero_are_something_to_record(sweep, recommend):
    sweep.history("run-0001-aaaa,,,,,,0.001,0.5,0.9,,\n")
    recommend("record", "run-0001-aaaa", "--label", "0601", "--hours", "0")
    run = runs(sweep)["run-0001-aaaa"]
    assert (run.label, run.hours) == ("0601", 0.0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run-0001-aaaa"], "nothing to record"),
        (["run-0001-aaab", "--metric", "loss=1"], "did you mean 'run-0001-aaaa'?"),
        (["run-0001-aaaa", "--metric", "losss=1"], "did you mean 'loss'?"),
        (["run-0001-aaaa", "--metric", "los=1"], "did you mean 'loss'?"),
        (["run-0001-aaaa", "--metric", "AMI=1"], "did you mean 'NMI'?"),  # its column is blank
        (["run-0001-aaaa", "--metric", "NMI=0.5±0.01"], "NMI is the text '0.5±0.01'"),
        (["run-0001-aaaa", "--metric", "NMI=50%"], "without a unit or ±"),
        ([*NEW, "--metric", "loss=1", "--amend", "x"], "name the run to amend by its id"),
        (["run-0001-aaaa", "--metric", "lr=1"], "is a parameter"),
        (["run-0001-aaaa", "--metric", "status=1"], "column of the history"),
        (["run-0001-aaaa", "--metric", "loss"], "NAME=VALUE"),
        (["run-0001-aaaa", "--metric", "loss="], "NAME=VALUE"),
        (["run-0001-aaaa", "--metric", "loss=1", "--metric", "loss=2"], "twice"),
        (["run-0001-aaaa", "--metric", "loss=nan"], "finite number"),
        (["run-0001-aaaa", "--metric", "loss=inf"], "--status diverged"),
        (["run-0001-aaaa", "--metric", "loss=1e999"], "finite number"),
        (["run-0001-aaaa", "--metric", "loss=0,47"], "finite number"),
        (["run-0001-aaaa", "--metric", "NMI=1", "--hours", "-1"], "hours is -1"),
        (["run-0001-aaaa", "--metric", "NMI=1", "--hours", "nan"], "hours is nan"),
        (["run-0001-aaaa", "--status", "complete"], "did you mean 'completed'?"),
        (["run-0001-aaaa", "--param", "lrr=1", "--amend", "x"], "did you mean 'lr'?"),
        (["--param", "lr=0.1", "--metric", "loss=1"], "missing for tau"),
        (["--param", "lr=0", "--param", "tau=0.5", "--metric", "loss=1"], "log scale"),
        (["--param", "lr=x", "--param", "tau=0.5", "--metric", "loss=1"], "not a number"),
        (["a b", *NEW, "--metric", "loss=1"], "'a b'"),
        (["run-new", "--metric", "loss=1"], "never proposed, give --param"),
    ],
)
def test_a_wrong_record_is_refused_and_nothing_is_written(sweep, recommend, arguments, said):
    before = sweep.tree()
    assert said in recommend("record", *arguments, status=2).error
    assert sweep.tree() == before


def test_a_metric_in_another_case_is_not_a_new_one(sweep, recommend):
    recommend("record", "run-0001-aaaa", "--metric", "NMI=0.5")
    error = recommend("record", "run-0002-aaaa", "--metric", "nmi=0.5", status=2).error
    assert "did you mean 'NMI'?" in error


def test_a_metric_like_another_is_taken_where_that_is_said(sweep, recommend):
    recommend("record", "run-0001-aaaa", "--metric", "NMI=0.5")
    call = ["record", "run-0001-aaaa", "--metric", "AMI=0.5"]
    assert "--new-metric" in recommend(*call, status=2).error
    recommend(*call, "--new-metric")
    assert runs(sweep)["run-0001-aaaa"].metrics["AMI"] == 0.5


def test_a_run_that_was_never_proposed_gets_the_next_id(sweep, recommend):
    answer = recommend("record", *NEW, "--metric", "loss=0.6", "--quiet")
    assert answer.out.startswith("run-0007-")
    assert runs(sweep)[answer.out.strip()].params == {"lr": 0.002, "tau": 0.4}


def test_a_run_never_proposed_is_known_again_by_label_and_parameters(sweep, recommend):
    call = ["record", *NEW, "--label", "0613"]
    id = recommend(*call, "--metric", "loss=0.6", "-q").out.strip()
    before = sweep.tree()
    again = recommend(*call, "--metric", "loss=0.6")
    assert again.out.startswith(f"{id}: already recorded")
    assert sweep.tree() == before
    assert recommend(*call, "--metric", "NMI=0.5", "-q").out.strip() == id
    assert runs(sweep)[id].metrics == {"loss": 0.6, "NMI": 0.5}
    assert "0.6, not 0.7" in recommend(*call, "--metric", "loss=0.7", status=3).error
    # What was mistyped, and what it was amended to, are the same run.
    recommend("record", id, "--param", "lr=0.003", "--amend", "mistyped")
    for lr in ("0.002", "0.003"):
        typed = ["--param", f"lr={lr}", "--param", "tau=0.4", "--label", "0613"]
        assert "already recorded" in recommend("record", *typed, "--metric", "loss=0.6").out


def test_without_a_label_two_runs_alike_are_replicates(sweep, recommend):
    ids = [recommend("record", *NEW, "--metric", "loss=0.6", "-q").out for _ in range(2)]
    other = recommend("record", *NEW, "--metric", "loss=0.6", "--label", "0614", "-q").out
    assert len({*ids, other}) == 3


def test_a_run_never_proposed_may_crash_and_then_complete_under_its_label(sweep, recommend):
    call = ["record", *NEW, "--label", "0613"]
    id = recommend(*call, "--status", "crashed", "--hours", "1", "-q").out.strip()
    recommend(*call, "--status", "crashed", "--hours", "2")
    assert runs(sweep)[id].status == "crashed"
    recommend(*call, "--metric", "loss=0.6", "--hours", "3.5")
    assert (runs(sweep)[id].metrics, runs(sweep)[id].hours) == ({"loss": 0.6}, 3.5)


def test_a_run_that_was_never_proposed_may_bring_its_own_id(sweep, recommend):
    recommend("record", "mine-1", *NEW, "--status", "diverged")
    assert runs(sweep)["mine-1"].status == "diverged"


def test_a_run_out_of_bounds_is_evidence(sweep, recommend):
    answer = recommend("record", "--param", "lr=0.5", "--param", "tau=3", "--metric", "loss=2")
    id = answer.out.partition(":")[0]
    assert answer.err.splitlines() == [
        f"! {id}: lr 0.5 lies outside 1e-05 to 0.1; kept and used",
        f"! {id}: tau 3.0 lies outside 0.1 to 1.0; kept and used",
    ]
    amended = recommend("record", id, "--param", "lr=0.7", "--amend", "mistyped", "--json")
    assert amended.err == f"! {id}: lr 0.7 lies outside 1e-05 to 0.1; kept and used\n"
    assert recommend("record", id, "--metric", "NMI=0.5").err == ""
    document = recommend("next", "--n", 1, "--json").json
    assert document["history"]["fitted"] == 7


@pytest.mark.parametrize(
    "text",
    [
        '{"loss": 0.47, "ARI": 1, "hours": 2, "note": "n"}',
        '{"metrics": {"loss": 0.47, "ARI": 1}, "hours": 2, "note": "n", "status": "completed"}',
    ],
)
def test_a_result_file_flat_or_nested(sweep, recommend, proposed, text):
    recommend("record", proposed[0], "--result", sweep.write("result.json", text))
    run = runs(sweep)[proposed[0]]
    assert (run.metrics, run.hours, run.note) == ({"loss": 0.47, "ARI": 1.0}, 2.0, "n")


def test_a_result_file_may_name_its_run(sweep, recommend, proposed):
    path = sweep.write("result.json", f'{{"id": "{proposed[0]}", "loss": 0.47}}')
    assert f"is of {proposed[0]}, not of {proposed[1]}" in (
        recommend("record", proposed[1], "--result", path, status=2).error
    )
    recommend("record", "--result", path)
    assert runs(sweep)[proposed[0]].metrics == {"loss": 0.47}


def test_what_is_typed_goes_with_the_result_file(sweep, recommend, proposed):
    path = sweep.write("result.json", '{"loss": 0.47, "hours": 2, "note": "from the file"}')
    recommend(
        *("record", proposed[0], "--result", path, "--note", "typed", "--status", "completed"),
        *("--metric", "loss=0.470", "--metric", "ARI=0.5", "--hours", "2.0"),
    )
    run = runs(sweep)[proposed[0]]
    assert (run.metrics, run.hours, run.note) == ({"loss": 0.47, "ARI": 0.5}, 2.0, "typed")


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (["--metric", "loss=0.5"], "loss is 0.5 as typed, but 0.47 in the result file"),
        (["--hours", "3"], "hours is 3.0 as typed, but 2.0 in the result file"),
        (["--status", "crashed"], "status is crashed as typed, but completed in the result file"),
    ],
)
def test_what_is_typed_against_the_result_file_is_refused(sweep, recommend, option, said):
    path = sweep.write("result.json", '{"loss": 0.47, "hours": 2, "status": "completed"}')
    before = sweep.tree()
    assert said in recommend("record", *ID, "--result", path, *option, status=2).error
    assert sweep.tree() == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"loss": NaN}', "loss is nan"),
        ('{"loss": "0.47"}', "loss is the text '0.47'; a metric must be a finite number"),
        ('{"loss": "0.47"}', "without quotes"),
        ('{"loss": "NaN"}', "--status diverged"),
        ('{"loss": true}', "loss is True"),
        ('{"loss": null}', "loss is None"),
        ('{"loss": 1' + 400 * "0" + "}", "loss is 1000"),
        ('{"loss": 0.4, "hours": true}', "hours is True"),
        ('{"loss": 0.4, "loss": 0.5}', "the key 'loss' stands twice"),
        ('{"loss": 1e-999}', "1e-999 is too small"),
        ('{"loss": 0.4}' + " " * 2**20, "larger than 1048576 bytes"),
        ('{"metrics": {"loss": 1}, "hourss": 2}', "did you mean 'hours'?"),
        ('{"loss": 1, "status": "done"}', "status is 'done'"),
        ('{"loss": 1, "status": []}', "status is []"),
        ("loss: 0.47", '{"loss": 0.47, "NMI": 0.61}'),
        ("[1]", "must be a JSON object"),
        ("[" * 100_000, "is not JSON"),
        (b"\xff\xfe\x00", "is not JSON"),
        ("{}", "nothing to record"),
    ],
)
def test_a_wrong_result_file_is_refused(sweep, recommend, text, said):
    path = sweep.write("result.json", text)
    error = recommend("record", "run-0001-aaaa", "--result", path, status=2).error
    assert said in error
    if text != "{}":
        assert str(path) in error


@pytest.mark.parametrize("name", ["none.json", "configs"])
def test_a_result_file_that_cannot_be_read(sweep, recommend, name):
    error = recommend("record", "run-0001-aaaa", "--result", name, status=2).error
    assert f"{name}: cannot be read" in error


def test_drop_gives_up_and_a_late_result_is_welcome(sweep, recommend, proposed):
    assert recommend("drop", proposed[0]).out == f"{proposed[0]}: dropped\n"
    assert "nothing new" in recommend("drop", proposed[0]).out
    status = recommend("status", "--json").json
    assert (status["pending"], status["dropped"]) == ([proposed[1]], 1)
    recommend("record", proposed[0], "--metric", "loss=0.5")
    assert recommend("status", "--json").json["dropped"] == 0


def test_drop_takes_a_batch(sweep, recommend, proposed):
    recommend("record", proposed[0], "--metric", "loss=0.5")
    assert recommend("drop", "--batch", 1, "-q").out == f"{proposed[1]}\n"
    again = recommend("drop", "--batch", 1)
    assert again.out == ""
    assert "no run of batch 1 is pending" in again.err


def test_a_result_that_comes_in_first_is_not_dropped_with_its_batch(
    sweep, recommend, proposed, monkeypatch
):
    records = type(sweep.open().records)
    writing = records.writing

    def slow(self, **options):
        monkeypatch.setattr(records, "writing", writing)
        recommend("record", proposed[0], "--metric", "loss=0.5")
        return writing(self, **options)

    monkeypatch.setattr(records, "writing", slow)
    assert recommend("drop", "--batch", 1, "-q").out == f"{proposed[1]}\n"


def test_drop_refuses_a_finished_run_and_then_drops_none(sweep, recommend, proposed):
    before = sweep.tree()
    assert "recommend exclude" in recommend("drop", *proposed, "run-0001-aaaa", status=3).error
    assert sweep.tree() == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name the runs"),
        (["run-0001-aaaa", "--batch", "1"], "name the runs"),
        (["--batch", "2"], "there is no batch 2; batches: 1 to 1"),
        (["run-0001-aaab"], "did you mean 'run-0001-aaaa'?"),
    ],
)
def test_a_wrong_drop_is_refused(sweep, recommend, proposed, arguments, said):
    assert said in recommend("drop", *arguments, status=2).error


def test_exclude_keeps_a_run_out_of_the_fit_and_restore_takes_that_back(sweep, recommend):
    recommend("exclude", "run-0001-aaaa", "run-0002-aaaa", "--reason", "wrong data")
    assert runs(sweep)["run-0001-aaaa"].note == "wrong data"
    assert recommend("status", "--json").json["excluded"] == 2
    assert recommend("next", "--n", 1, "--json").json["history"]["fitted"] == 4
    assert "nothing new" in recommend("exclude", "run-0001-aaaa", "--reason", "again").out
    recommend("restore", "run-0001-aaaa")
    assert recommend("status", "--json").json["excluded"] == 1
    assert "nothing new" in recommend("restore", "run-0001-aaaa").out


def test_exclude_needs_a_reason(sweep, recommend):
    answer = recommend("exclude", "run-0001-aaaa", status=2)
    assert "--reason" in answer.err
    assert "is empty" in recommend("exclude", "run-0001-aaaa", "--reason", " ", status=2).error


def test_an_excluded_run_never_stands_in_the_way(sweep, recommend):
    sweep.history(sweep.ledger().split("\n", 1)[1] + "bad-1,,,,,,0,0.5,0.9,,\n")
    error = recommend("next", status=1).error
    assert "bad-1" in error and "log scale" in error
    recommend("exclude", "bad-1", "--reason", "no such rate")
    recommend("next", "--n", 1)


@pytest.mark.parametrize(
    "command",
    [
        ["next", "--n", "2"],
        ["record", "run-0001-aaaa", "--metric", "NMI=0.5"],
        ["record", *NEW, "--metric", "loss=0.5"],
        ["exclude", "run-0001-aaaa", "--reason", "x"],
        ["jobs"],
        ["drop", "--batch", "1"],
        ["import", "table.csv"],
        ["init"],
    ],
)
def test_a_dry_run_writes_nothing(sweep, recommend, proposed, command):
    sweep.write("table.csv", "label,lr,tau,loss\nx,0.002,0.3,0.7\n")
    (sweep.folder / f"configs/jobs/{proposed[0]}.yaml").unlink()
    before = sweep.tree()
    locks = {path: path.stat().st_mtime_ns for path in sweep.folder.rglob("*.lock")}
    answer = recommend(*command, "--dry-run")
    assert answer.out
    assert "dry run: nothing was written" in answer.err or command == ["init"]
    assert sweep.tree() == before
    assert locks == {path: path.stat().st_mtime_ns for path in sweep.folder.rglob("*.lock")}


def test_a_dry_run_needs_no_history_folder(empty, recommend):
    recommend("next", "--n", 2, "--dry-run")
    recommend("record", *NEW, "--metric", "loss=0.5", "--dry-run")
    assert not (empty.folder / "history").exists()


def test_a_training_recorded_again_without_a_label_is_another_one_and_that_is_said(
    sweep, recommend
):
    words = ["--param", "lr=0.02", "--param", "tau=0.3", "--metric", "loss=0.7"]
    assert "same parameters" not in recommend("record", *words).err
    assert "same parameters" in recommend("record", *words).err
