"""`recommend effects`, `why`, `scorecard` and `check`, as a user calls them."""

import re

import pytest

TRAINED = "lr: 0.004\ntau: 0.55\n"


@pytest.fixture
def proposed(sweep, recommend):
    """The ids of three pending proposals."""
    return [one["id"] for one in recommend("next", "--n", 3, "--json").json["batch"]]


def test_effects_has_the_promised_keys_and_one_document(sweep, recommend):
    answer = recommend("effects", "--json")
    assert answer.err == ""
    document = answer.json
    assert list(document) == [
        *("schema", "metric", "direction", "context", "runs", "doubted", "noise_sd", "tolerance"),
        *("context_share", "context_index", "parameters", "interactions", "notes"),
    ]
    lr, tau = document["parameters"]
    assert list(lr) == [
        *("name", "standing", "tried", "comparisons", "curve", "change", "first", "total"),
        *("advice", "sentence"),
    ]
    assert lr["name"] == "lr"
    assert len(lr["curve"]["values"]) == len(lr["curve"]["mean"]) == len(lr["curve"]["sd"])
    assert set(tau["first"]) == {"mean", "low", "high"}


def test_effects_says_a_sentence_of_each_parameter_and_ends_with_a_table(sweep, recommend):
    text = recommend("effects").out
    assert text.startswith("6 runs with loss, to minimize\n")
    assert re.search(r"[▁▂▃▄▅▆▇█]{10}", text)
    end = text[text.index("where that leaves each parameter") :]
    assert re.search(r"best known +look next +sure", end)
    assert re.search(r"^lr ", end, re.MULTILINE)
    assert re.search(r"^tau ", end, re.MULTILINE)


def test_effects_of_one_parameter_leaves_the_others_out(sweep, recommend):
    found = recommend("effects", "tau", "--json").json
    assert [one["name"] for one in found["parameters"]] == ["tau"]
    assert "loss by tau, averaged over the other parameters" in recommend("effects", "tau").out


def test_effects_of_an_unknown_parameter_or_metric_is_refused(sweep, recommend):
    assert "did you mean 'tau'?" in recommend("effects", "taus", status=2).error
    assert "'NMI'; allowed: loss" in recommend("effects", "--metric", "NMI", status=2).error


def test_effects_before_there_is_a_model(empty, recommend):
    empty.history("a-1,,,,,,0.001,0.2,0.5,,\na-2,,,,,,0.001,0.4,0.4,,\n")
    text = recommend("effects").out
    assert "there is no model of loss yet" in text
    assert "loss where tau alone differs" in text
    assert "where that leaves" not in text
    empty.history("")
    assert recommend("effects", "--json").json["runs"] == 0


@pytest.mark.parametrize("command", ["effects", "why", "scorecard"])
def test_any_metric_with_data_can_be_looked_at(sweep, recommend, proposed, command):
    for number, value in enumerate((0.5, 0.6, 0.7, 0.6, 0.65), 1):
        recommend("record", f"run-000{number}-aaaa", "--metric", f"NMI={value}")
    recommend("record", proposed[0], "--metric", "loss=0.6", "--metric", "NMI=0.66")
    document = recommend(command, "--metric", "NMI", "--json").json
    assert document["metric"] == "NMI"
    assert "NMI" in recommend(command, "--metric", "NMI").out


def test_why_explains_every_pending_proposal(sweep, recommend, proposed):
    answer = recommend("why", "--json")
    assert answer.err == ""
    found = answer.json["proposals"]
    assert [one["id"] for one in found] == proposed
    assert list(found[0]) == [
        *("id", "batch", "params", "role", "reason", "proposed", "predicted", "nearest"),
        *("extrapolates", "lessons"),
    ]
    assert found[0]["predicted"]["loss"]["mean"] == pytest.approx(found[0]["proposed"]["mean"])
    assert len(found[0]["nearest"]) == 3
    # Six runs that cannot be told from noise make no more than a guess.
    assert found[0]["predicted"]["loss"]["guess"]
    for lesson in found[0]["lessons"]:
        assert 0.0 <= lesson["after"] <= 1.0
        assert lesson["message"].startswith("if loss comes out ")
    text = recommend("why", proposed[1]).out
    assert proposed[1] in text
    assert proposed[0] not in text
    assert "- predicted: loss " in text
    assert "(a guess: the runs cannot be told from a constant with noise)" in text
    assert "- nearest: run-" in text


def test_why_of_what_is_not_pending_is_refused(sweep, recommend, proposed):
    assert "run-0001-aaaa is completed" in recommend("why", "run-0001-aaaa", status=2).error
    assert f"did you mean '{proposed[0]}'" in recommend("why", proposed[0][:-1], status=2).error


def test_why_without_pending_proposals_says_so(sweep, recommend):
    answer = recommend("why")
    assert (answer.out, answer.err) == (
        "",
        "no run is pending; propose some with: recommend next\n",
    )
    assert recommend("why", "--json").json["proposals"] == []


def test_why_before_there_is_a_model(empty, recommend):
    recommend("next", "--n", 2)
    assert "there is no model of loss yet" in recommend("why").out


def test_the_scorecard_of_no_results_says_so_kindly(sweep, recommend, proposed):
    answer = recommend("scorecard")
    assert answer.out == ""
    assert answer.err.startswith("no proposal has a value of loss yet (3 waiting)")
    assert recommend("scorecard", "--json").json["scored"] == []


def test_the_scorecard_compares_what_was_stored_with_what_came(sweep, recommend, proposed):
    before = recommend("why", "--json").json["proposals"]
    for id, value in zip(proposed, (0.6, 0.7, 0.8), strict=True):
        recommend("record", id, "--metric", f"loss={value}")
    document = recommend("scorecard", "--json").json
    assert list(document) == [
        *("schema", "metric", "direction", "context", "scored", "waiting", "coverage", "errors"),
        *("rank", "pairs", "progress", "messages"),
    ]
    for one, proposal, value in zip(document["scored"], before, (0.6, 0.7, 0.8), strict=True):
        assert one["mean"] == proposal["proposed"]["mean"]
        assert one["z"] == pytest.approx((value - one["mean"]) / one["sd"])
    assert [each["nominal"] for each in document["coverage"]] == [0.5, 0.8, 0.95]
    assert document["errors"]["of"] == 3
    text = recommend("scorecard").out
    assert "of 3 results lay within the 80% interval" in text
    assert "best so far, against random search" in text


def test_check_reads_a_config_and_ranks_it_without_writing_anything(sweep, recommend):
    job = sweep.write("mine.yaml", f"epochs: 3\n{TRAINED}")
    before = sweep.tree()
    answer = recommend("check", job, "--json")
    assert answer.err == ""
    document = answer.json
    assert list(document) == [
        *("schema", "config", "metric", "params", "predicted", "incumbent"),
        *("expected_improvement", "probability_of_improvement", "rank", "of", "recommended"),
        *("nearest", "extrapolates", "warnings"),
    ]
    assert document["params"] == {"lr": 0.004, "tau": 0.55}
    assert document["of"] == 5
    assert document["warnings"] == []
    assert "loss" in document["predicted"]
    text = recommend("check", job).out
    assert re.search(r"number \d of 5 by expected improvement", text)
    assert "yours" in text
    assert sweep.tree() == before


def test_check_ranks_among_what_next_would_propose(sweep, recommend):
    job = sweep.write("mine.yaml", TRAINED)
    for seed in (0, 3):
        own = recommend("check", job, "--json", "--n", 2, "--seed", seed).json["recommended"]
        batch = recommend("next", "--n", 2, "--seed", seed, "--dry-run", "--json").json["batch"]
        assert [one["params"] for one in own] == [one["params"] for one in batch]


def test_check_finds_duplicates_near_ones_and_values_out_of_bounds(sweep, recommend, proposed):
    params = recommend("why", proposed[0], "--json").json["proposals"][0]["params"]
    cases = {
        "lr: 0.001\ntau: 0.3\n": ("duplicate-run", ["run-0002-aaaa"]),
        "lr: 0.001\ntau: 0.302\n": ("near-duplicate", ["run-0002-aaaa"]),
        f"lr: {params['lr']!r}\ntau: {params['tau']!r}\n": ("duplicate-run", [proposed[0]]),
        "lr: 0.5\ntau: 0.3\n": ("out-of-bounds", []),
    }
    for text, (code, runs) in cases.items():
        found = recommend("check", sweep.write("mine.yaml", text), "--json").json["warnings"]
        assert [(one["code"], one["runs"]) for one in found] == [(code, runs)]
        assert f"[{code}]" in recommend("check", "mine.yaml").out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lr: 0.1\n", "there is no value for tau"),
        ("lr: fast\ntau: 0.3\n", "'fast' is not a number"),
        ("lr: 0.1\ntau: [0.3]\n", "there is no value for tau"),
        ("- 1\n", "mine.yaml"),
        ("lr: 0.1\ntau:\n", "mine.yaml: parameter tau: None is not a number"),
    ],
)
def test_check_of_a_config_that_lacks_a_parameter_is_refused(sweep, recommend, text, message):
    sweep.write("mine.yaml", text)
    assert message in recommend("check", "mine.yaml", status=2).error


def test_check_of_a_missing_file_is_refused(sweep, recommend):
    assert "nowhere.yaml: cannot be read" in recommend("check", "nowhere.yaml", status=2).error


def test_check_reads_parameters_where_the_sweep_file_puts_them(sweep, recommend):
    sweep.write(
        "configs/sweep.yaml",
        (sweep.folder / "configs/sweep.yaml").read_text()
        + "jobs:\n  keys: {lr: optimizer.momentum}\n",
    )
    job = sweep.write("mine.yaml", "optimizer: {momentum: 1e-3}\nlr: 9\ntau: 0.5\n")
    assert recommend("check", job, "--json").json["params"] == {"lr": 0.001, "tau": 0.5}


def test_with_a_context_a_config_is_ranked_within_its_own(sweep, recommend):
    sweep.write(
        "configs/sweep.yaml",
        (sweep.folder / "configs/sweep.yaml")
        .read_text()
        .replace("direction: minimize", "context: [tau]"),
    )
    found = recommend("check", sweep.write("mine.yaml", TRAINED), "--json").json
    assert {one["params"]["tau"] for one in found["recommended"]} == {0.55}
    text = recommend("effects").out
    assert "compared at equal tau" in text
    assert re.search(r"^tau +not ranked", text, re.MULTILINE)
    beyond = recommend("check", sweep.write("mine.yaml", "lr: 0.004\ntau: 9\n"), "--json").json
    assert beyond["rank"] is None


def test_quiet_prints_the_bare_answer(sweep, recommend, proposed):
    assert [line.split(":")[0] for line in recommend("effects", "-q").out.splitlines()] == [
        *("lr", "tau"),
    ]
    assert len(recommend("why", "-q").out.splitlines()) == 3
    assert recommend("scorecard", "-q").err == ""
    assert recommend("check", "-q", sweep.write("mine.yaml", TRAINED)).out == ""
