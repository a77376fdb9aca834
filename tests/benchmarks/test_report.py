import pytest

from benchmarks import race_report, report
from benchmarks.results import Key, Results, Row


def rows(peer, regret, *, task="levy8", condition="base", error=""):
    regrets = () if error else (1.0, 0.5, 0.2, regret)
    return [Row(Key(condition, task, peer, seed), regrets, regret, 1.0, error) for seed in range(8)]


@pytest.fixture
def without_figures(monkeypatch):
    monkeypatch.setattr(race_report, "draw", lambda kinds, conditions: None)


def test_the_figures_are_drawn(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(race_report, "FOLDER", tmp_path)
    race_report.race_report(rows("recommender", 0.1) + rows("skopt", 0.2))
    assert {path.name for path in tmp_path.iterdir()} == {"regret.png", "ratios.png"}


@pytest.mark.usefixtures("without_figures")
def test_the_report_says_where_this_engine_wins_and_loses():
    behind = rows("recommender", 0.1, task="twin-2") + rows("skopt", 0.05, task="twin-2")
    text = race_report.race_report(rows("recommender", 0.1) + rows("skopt", 0.2) + behind)
    assert "| base | twin-2 (sweep) | reporting | skopt | 2.00 [2.00, 2.00] | 0.0" in text
    assert "| base | levy8" not in text
    assert "Of 2 comparisons with a peer that has a model" in text
    assert "1 are above 1.05, 1 of them with p < 0.05" in text
    assert "| synthetic | 0.50 [0.50, 0.50], 8 |" in text
    # Level, but for the last, at which each has the lower regret on one of the two tasks.
    assert "| base | 1.50, skopt 1.50 | 1.50, skopt 1.50 | 1.50, skopt 1.50 | 1.50, skopt" in text


@pytest.mark.usefixtures("without_figures")
def test_only_peers_with_a_model_on_the_reporting_half_count_in_how_often_this_engine_loses():
    races = [
        row
        for task in ("levy8", "branin")
        for peer, regret in (("recommender", 0.2), ("sobol", 0.1), ("ax", 0.1))
        for row in rows(peer, regret, task=task)
    ]
    text = race_report.race_report(races)
    assert "Of 1 comparisons with a peer that has a model" in text
    assert "1 are above 1.05, 1 of them with p < 0.05" in text
    assert "| base | branin (synthetic) | choosing | sobol | 2.00" in text


@pytest.mark.usefixtures("without_figures")
def test_the_nearest_peer_on_each_kind_is_named_under_every_condition():
    races = rows("recommender", 0.1) + rows("skopt", 0.4) + rows("ax", 0.2)
    pending = [
        row
        for peer, regret in [("recommender", 0.2), ("skopt", 0.1)]
        for row in rows(peer, regret, task="twin-2", condition="pending-4")
    ]
    text = race_report.race_report(races + pending)
    assert "| base | ax 0.50 [0.50, 0.50], 0.008 |  |  |  |" in text
    assert "| pending-4 |  |  |  | skopt 2.00 [2.00, 2.00], 0.008 |" in text


@pytest.mark.usefixtures("without_figures")
def test_a_race_that_broke_off_counts_as_the_median_of_random_configurations():
    text = race_report.race_report(
        rows("recommender", 0.1) + rows("ax", 0.0, error="ValueError: no")
    )
    assert "| ax | 1.50 | 2.00 | 2.00 | 2.00 | 1.0000 | 1.000 | 0.10 [0.10, 0.10] |" in text
    assert "| ax | 8 | ValueError: no |" in text


@pytest.mark.usefixtures("without_figures")
def test_what_knowing_the_bad_rows_would_be_worth_is_measured_against_peers_that_do_not():
    told = rows("recommender", 0.1, condition="bad-rows-5-told")
    untold = rows("recommender", 0.2, condition="bad-rows-5")
    others = rows("skopt", 0.5, condition="bad-rows-5")
    text = race_report.race_report(
        [*rows("recommender", 1.0), *rows("skopt", 1.0), *told, *untold, *others]
    )
    assert "|  | skopt | recommender, not told |" in text
    assert "| told | 0.20 [0.20, 0.20], 8 | 0.50 [0.50, 0.50], 8 |" in text
    assert "| bad-rows-5-told |" not in text


@pytest.mark.usefixtures("without_figures")
def test_more_tables_count_apart_and_together_with_those_of_the_reporting_half():
    more = rows("recommender", 0.2, task="hpobench-kc1") + rows("sobol", 0.1, task="hpobench-kc1")
    table = "hpobench-vehicle"
    reporting = rows("recommender", 0.1, task=table) + rows("sobol", 0.2, task=table)
    text = race_report.race_report([*reporting, *more])
    assert "| base | 2.00 [2.00, 2.00], 8 |" in text
    assert "| base | sobol 2.00 [2.00, 2.00], 0.008 | sobol 1.00 [0.71, 1.41]," in text
    assert "| table | 0.50 [0.50, 0.50], 8 |" in text


@pytest.mark.usefixtures("without_figures")
def test_the_task_of_a_confounded_loss_counts_only_where_this_engine_loses():
    apart = [("recommender", 1.2), ("sobol", 1.0)]
    confounded = [row for one, y in apart for row in rows(one, y, task="confounded-twin")]
    text = race_report.race_report([*rows("recommender", 0.1), *rows("sobol", 0.2), *confounded])
    assert "| sobol | 1.000 | 1.20 [1.20, 1.20] | 8 |" in text
    assert (
        "| base | confounded-twin (sweep) | apart | sobol | 1.20 [1.20, 1.20] | 0.008 | 8 |" in text
    )
    assert text.count("confounded-twin") == 1


@pytest.mark.usefixtures("without_figures")
def test_of_few_races_no_p_is_given():
    ours, theirs = rows("recommender", 0.3)[:3], rows("ax", 0.1)[:3]
    text = race_report.race_report(ours + theirs)
    assert "| base | levy8 (synthetic) | reporting | ax | 3.00 [3.00, 3.00] | too few | 3 |" in text
    assert "1 are above 1.05, 0 of them" in text


def test_peers_are_compared_over_the_races_that_both_ended():
    results = Results(rows("recommender", 0.1) + rows("botorch", 0.2)[:3])
    assert results.of(["recommender", "botorch"], 40).tolist() == [[0.1, 0.2]] * 3
    assert len(results.of(["recommender"], 40)) == 8


def test_a_task_of_which_two_peers_share_no_race_gives_no_pair():
    apart = rows("recommender", 0.1, task="twin-2")[:2] + rows("ax", 0.2, task="twin-2")[2:]
    results = Results(rows("recommender", 0.1) + rows("ax", 0.2) + apart)
    [(ours, theirs)] = results.pairs_by_task("ax")
    assert (len(ours), len(theirs)) == (8, 8)


def test_only_what_stands_between_the_markers_is_replaced():
    text = "a\n<!-- race -->\nold\n<!-- end -->\nb\n<!-- cost -->\nc\n<!-- end -->\n"
    assert report.fill(text, "race", r"new \1") == text.replace("old", r"new \1")
    with pytest.raises(ValueError, match="speed"):
        report.fill(text, "speed", "new")


def test_the_ablation_says_what_each_choice_is_worth():
    changed = rows("matern", 0.4) + rows("plug-in", 0.1)
    text = report.ablation_report(rows("recommender", 0.2) + changed)
    assert "| kernel | Matern 5/2 | base | 2.00 [2.00, 2.00] | 0.008 | 8 | 8 |" in text
    assert "| log EI over the lowest mean | base | 0.50 [0.50, 0.50] | 0.008 | 8 | 8 |" in text
    assert "| the run of the lowest loss | base | 1.00 [1.00, 1.00] | 1.000 | 8 | 0 |" in text


def test_the_ablation_compares_within_a_condition():
    def bad(peer, regret):
        return rows(peer, regret, condition="bad-rows-5")

    base = rows("recommender", 0.2) + rows("believing", 0.2)
    text = report.ablation_report(base + bad("recommender", 0.1) + bad("believing", 0.3))
    assert "| every result is believed | base | 1.00 [1.00, 1.00] | 1.000 | 8 | 0 |" in text
    assert "| every result is believed | bad-rows-5 | 3.00 [3.00, 3.00] | 0.008 | 8 | 8 |" in text
