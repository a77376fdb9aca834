import numpy as np
import pytest
from scipy.stats import norm

from recommender import Real, Recommender
from recommender.engine.kernel import Component, Kernel
from recommender.engine.outlook import (
    BATCH,
    LOOKED_AHEAD,
    SURE,
    Outlook,
    chance_within,
    runs_until_sure,
    tolerance,
)
from recommender.engine.posterior import Posterior

KERNEL = Kernel((Component(np.array([0.1]), 1.0),))


def posterior(points, values):
    """What is known of a function whose values at some points are certain."""
    nothing = Posterior(KERNEL, np.zeros((0, 1)), np.zeros((0, 0)), np.zeros((0, 1)), 0.0, 1e-4)
    return nothing.condition(np.array(points)[:, None], np.array(values)[:, None])


def test_the_chance_equals_the_normal_probability_of_one_rival():
    # One run of value 0 and one point far from it, of which only the prior N(0, 1) is known.
    X = np.array([[0.0], [1.0]])
    for enough in (0.0, 0.5, 2.0):
        chance = chance_within(posterior([0.0], [0.0]), X, 1, enough, np.random.default_rng(0))
        assert chance == pytest.approx(norm.cdf(enough), abs=0.04)


def test_where_all_is_known_the_best_run_is_certain():
    X = np.array([[0.2], [0.8]])
    known = posterior([0.2, 0.8], [0.3, 0.5])
    assert chance_within(known, X, 2, 0.0, np.random.default_rng(0)) == 1.0


def test_runs_until_sure_counts_whole_batches_and_gives_up_beyond_its_horizon():
    grid = np.linspace(0.0, 1.0, 6)[:, None]
    rng = np.random.default_rng(0)
    known = posterior([0.0], [0.0])
    few = runs_until_sure(known, np.vstack([[[0.0]], grid]), 1, 0.1, rng)
    assert few in (4, 8)
    many = np.linspace(0.0, 100.0, 300)[:, None]
    assert runs_until_sure(known, np.vstack([[[0.0]], many]), 1, 0.1, rng) is None
    assert LOOKED_AHEAD == 32


def test_the_tolerance_is_the_noise_or_a_share_of_the_spread():
    y = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    assert tolerance(y, 0.5) == 0.5
    assert tolerance(y, 0.01) == pytest.approx(0.05 * 2.0)


@pytest.mark.parametrize(
    ("chance", "before", "stop"),
    [(0.97, 0.96, True), (0.97, 0.9, False), (0.9, 0.97, False), (0.99, None, False)],
)
def test_the_advice_to_stop_needs_two_batches_in_a_row(chance, before, stop):
    outlook = Outlook(tolerance=0.1, chance=chance, chance_before=before, runs=None)
    assert outlook.stop is stop


def sweep(seed, batches):
    recommender = Recommender([Real("a", 0.0, 1.0), Real("b", 0.0, 1.0)], seed=seed)
    rng = np.random.default_rng(seed)
    for _ in range(batches):
        for suggestion in recommender.ask(4):
            recommender.tell(suggestion, bowl(suggestion) + 0.02 * rng.standard_normal())
    return recommender


def bowl(params):
    return (params["a"] - 0.3) ** 2 + (params["b"] - 0.6) ** 2


def test_a_young_sweep_goes_on_and_one_that_found_the_optimum_may_stop():
    for seed in range(3):
        recommender = sweep(seed, 2)
        young, old = recommender.outlook(), sweep(seed, 7).outlook()
        within = bowl(recommender.best().params) <= young.tolerance
        assert young.chance < (SURE if within else 0.5)
        assert not young.stop
        assert young.runs is None or young.runs >= 4
        assert old.stop
        assert old.runs == 0


def test_what_is_sure_for_the_first_time_takes_one_batch_to_confirm():
    recommender = Recommender([Real("a", 0.0, 1.0)], seed=0)
    for a in (0.0, 0.4, 0.6, 1.0, 0.45, 0.55, 0.48, 0.5):
        recommender.tell({"a": a}, (a - 0.5) ** 2)
    outlook = recommender.outlook()
    assert outlook.sure
    assert not outlook.stop
    assert outlook.runs == BATCH


def test_without_a_model_or_with_a_context_there_is_no_outlook():
    assert Recommender([Real("a", 0.0, 1.0)]).outlook() is None
    recommender = Recommender([Real("a", 0.0, 1.0), Real("t", 0.1, 1.0)], context=["t"])
    for index in range(8):
        recommender.tell({"a": index / 8, "t": 0.1 + index / 10}, float(index))
    assert recommender.outlook() is None


def test_a_long_bad_tail_does_not_widen_what_is_near_enough():
    rng = np.random.default_rng(10)
    recommender = Recommender(
        [Real("rate", 1e-5, 1.0, scale="log"), *(Real(name, 0.0, 1.0) for name in "abc")]
    )
    values = []
    for u, a, b, c in rng.random((16, 4)):
        bowl = (u - 0.35) ** 2 + (a - 0.7) ** 2 + (b - 0.2) ** 2 + (c - 0.9) ** 2
        values.append(float(bowl + (np.exp(20.0 * (u - 0.6)) if u > 0.6 else 0.0)))
        recommender.tell({"rate": 10.0 ** (5.0 * u - 5.0), "a": a, "b": b, "c": c}, values[-1])
    of_the_better_half = np.ptp(np.sort(values)[:8])
    assert tolerance(np.array(values), 0.0) > 3.0 * of_the_better_half
    assert recommender.outlook().tolerance < 0.2 * of_the_better_half


def test_what_diverges_is_out_of_reach():
    rng = np.random.default_rng(0)
    recommender = Recommender([Real("x", 0.0, 1.0), Real("z", 0.0, 1.0)])

    def run(x, z):
        value = 1.0 - x + 0.1 * (z - 0.5) ** 2 + 0.005 * float(rng.standard_normal())
        return {"status": "diverged"} if x > 0.7 else {"value": value}

    for index in range(60):
        params = {"x": (index + 0.5) / 60, "z": float(rng.random())}
        recommender.tell(params, **run(**params))
    for _ in range(2):
        for suggestion in recommender.ask(4):
            recommender.tell(suggestion, **run(**suggestion))
    assert recommender.best()["x"] > 0.69
    assert recommender.outlook().stop


def test_a_batch_ago_is_by_when_the_results_were_told():
    rng = np.random.default_rng(5)
    runs = [{"x": float(x), "z": float(z)} for x, z in rng.random((14, 2))]
    values = [float((run["x"] - 0.3) ** 2 + 0.5 * (run["z"] - 0.6) ** 2) for run in runs]
    order = [*range(4, 14), *range(4)]

    def told(named):
        recommender = Recommender([Real("x", 0.0, 1.0), Real("z", 0.0, 1.0)])
        for index in named:
            recommender.tell(runs[index], status="pending", id=str(index))
        for index in order:
            recommender.tell(runs[index], values[index], id=str(index))
        return recommender.outlook()

    assert told(range(14)).chance_before == told(order).chance_before


def test_nothing_is_sure_where_the_runs_cannot_be_told_from_noise():
    rng = np.random.default_rng(0)
    recommender = Recommender([Real("x", 0.0, 1.0), Real("z", 0.0, 1.0)])
    for x, z in rng.random((60, 2)):
        recommender.tell({"x": x, "z": z}, float(rng.standard_normal()))
    assert not recommender.belief().model.informative
    assert recommender.outlook() is None


def test_asking_for_the_outlook_changes_no_suggestion():
    one, other = sweep(0, 3), sweep(0, 3)
    one.outlook()
    assert [dict(s) for s in one.ask(2)] == [dict(s) for s in other.ask(2)]
