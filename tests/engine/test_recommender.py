import itertools
import math
import re

import numpy as np
import pytest
from scipy.special import ndtr

from recommender import Categorical, Integer, Real, Recommender
from recommender.engine.batch import HAIR
from recommender.engine.encoding import Encoding
from recommender.engine.failures import EACH, feasibility
from recommender.errors import SpaceError, UsageError
from recommender.space import SearchSpace

PARAMETERS = [Real("lr", 1e-4, 1e-1, scale="log"), Real("t", 0.0, 1.0)]


def loss(params):
    return 0.3 + 0.2 * (math.log10(params["lr"]) + 2.3) ** 2 + (params["t"] - 0.6) ** 2


def sample(parameters, n, seed=0):
    rng = np.random.default_rng(seed)
    encoding = Encoding(SearchSpace(parameters))
    return [encoding.decode(x) for x in 0.1 + 0.8 * rng.random((n, encoding.width))]


def informed(n=12, parameters=PARAMETERS, function=loss, noise=0.01, **options):
    rng = np.random.default_rng(1)
    recommender = Recommender(parameters, **options)
    for params in sample(parameters, n):
        recommender.tell(params, function(params) + noise * rng.standard_normal())
    return recommender


def codes(batch):
    return [notice.code for notice in batch.notices]


def plain(batch):
    return [dict(suggestion) for suggestion in batch]


def everything(batch):
    return [vars(suggestion) for suggestion in batch], batch.notices


def gap(one, other, parameters=PARAMETERS):
    X = Encoding(SearchSpace(parameters)).encode([one, other])
    return np.abs(X[0] - X[1]).max()


class TestAsking:
    def test_the_same_seed_and_history_give_the_same_batch(self):
        for runs in (0, 12):
            one, other = informed(runs, seed=3), informed(runs, seed=np.int64(3))
            assert everything(one.ask(3)) == everything(other.ask(3))

    def test_another_seed_gives_another_space_filling_batch(self):
        one, other = Recommender(PARAMETERS, seed=3), Recommender(PARAMETERS, seed=4)
        assert plain(one.ask(3)) != plain(other.ask(3))

    @pytest.mark.parametrize("n", [1, 10])
    @pytest.mark.parametrize("runs", [0, 12])
    def test_a_batch_has_the_size_asked_for_and_no_two_alike(self, n, runs):
        batch = informed(runs).ask(n)
        assert len(batch) == len(batch.suggestions) == n
        for i, one in enumerate(batch):
            for other in batch[i + 1 :]:
                assert gap(one, other) > HAIR

    @pytest.mark.parametrize("runs", [0, 12])
    def test_what_is_known_or_pending_is_not_repeated(self, runs):
        recommender = informed(runs)
        known = sample(PARAMETERS, runs)
        for _ in range(3):
            for suggestion in recommender.ask(3):
                assert min((gap(suggestion, other) for other in known), default=1.0) > HAIR
                known.append(dict(suggestion))

    def test_the_best_of_a_bowl_is_found_in_a_few_batches(self):
        recommender = informed(6)
        for _ in range(4):
            for suggestion in recommender.ask(2):
                recommender.tell(suggestion, loss(suggestion))
        best = recommender.best()
        assert loss(best) < 0.31
        assert best.mean == pytest.approx(0.3, abs=0.03)

    def test_the_picks_of_a_batch_know_each_other(self):
        batch = informed(16).ask(4)
        assert min(gap(a, b) for i, a in enumerate(batch) for b in batch[i + 1 :]) > 0.03

    def test_picks_may_share_the_best_level_of_the_only_parameter_that_seems_to_matter(self):
        grid = [Integer("depth", 1, 6), Integer("batch", 1, 8), Integer("width", 1, 8)]
        batch = informed(16, grid, lambda params: abs(params["depth"] - 3)).ask(4)
        assert [params["depth"] for params in plain(batch)].count(3) >= 3

    def test_maximising_mirrors_minimising(self):
        down = informed(noise=0.0)
        up = informed(noise=0.0, function=lambda p: -loss(p), direction="maximize")
        one, other = down.ask(3), up.ask(3)
        assert plain(one) == plain(other)
        for a, b in zip(one, other, strict=True):
            assert a.mean == -b.mean
            assert (a.sd, a.expected_improvement) == (b.sd, b.expected_improvement)
            assert a.probability_of_improvement == b.probability_of_improvement
        assert down.best().mean == -up.best().mean
        assert dict(down.best()) == dict(up.best())

    @pytest.mark.parametrize("d", [1, 8])
    def test_one_and_eight_parameters_are_searched(self, d):
        parameters = [Real(f"p{i}", 0, 1) for i in range(d)]
        batch = informed(2 * d + 6, parameters, lambda p: sum((v - 0.4) ** 2 for v in p.values()))
        suggestions = batch.ask(3)
        assert all(0 <= v <= 1 for s in suggestions for v in s.values())
        assert all(s.role in ("exploit", "explore") for s in suggestions)

    def test_predictions_are_finite_plain_numbers_and_probabilities(self):
        for suggestion in informed().ask(4):
            numbers = (
                suggestion.mean,
                suggestion.sd,
                suggestion.expected_improvement,
                suggestion.probability_of_improvement,
            )
            assert all(type(number) is float and math.isfinite(number) for number in numbers)
            assert suggestion.sd > 0
            assert suggestion.expected_improvement >= 0
            assert 0 <= suggestion.probability_of_improvement <= 1
            assert "\n" not in suggestion.reason
            assert len(suggestion.reason) > 10

    def test_a_prediction_holds_for_most_of_what_is_then_measured(self):
        z = [(loss(s) - s.mean) / s.sd for seed in range(5) for s in informed(16, seed=seed).ask(3)]
        assert np.mean(np.abs(z) < 2.0) >= 0.8

    def test_values_come_out_as_plain_python(self):
        parameters = [*PARAMETERS, Integer("k", 1, 50), Categorical("c", ["x", 2, 0.5])]
        for recommender in (
            Recommender(parameters),
            informed(12, parameters, lambda p: loss(p) + 0.01 * p["k"]),
        ):
            for suggestion in recommender.ask(4):
                assert type(suggestion["lr"]) is float
                assert type(suggestion["k"]) is int
                assert type(suggestion["c"]) in (str, int, float)

    def test_a_flat_parameter_is_not_driven_to_its_bounds(self):
        recommender = Recommender([*PARAMETERS, Real("flat", 0, 1)])
        rng = np.random.default_rng(0)
        for params in sample(PARAMETERS, 16):
            params["flat"] = float(rng.choice([0.4, 0.5, 0.6]))
            recommender.tell(params, loss(params) + 0.005 * rng.standard_normal())
        # Half way from what was run to the bounds, give or take its rounding.
        assert all(0.19 <= suggestion["flat"] <= 0.81 for suggestion in recommender.ask(6))


class TestTheStart:
    def test_too_few_runs_fill_the_space_and_say_so(self):
        batch = informed(3).ask(2)
        assert [s.role for s in batch] == ["space-filling", "space-filling"]
        assert "few-runs" in codes(batch)
        assert all(s.mean is None and s.expected_improvement is None for s in batch)
        assert batch.fitted == 3

    def test_from_enough_distinct_runs_on_a_model_stands_behind_each_pick(self):
        batch = informed(4).ask(2)
        assert all(s.role in ("exploit", "explore") and s.mean is not None for s in batch)
        assert "few-runs" not in codes(batch)

    def test_copies_of_one_run_are_not_enough(self):
        recommender = Recommender(PARAMETERS)
        for value in range(9):
            recommender.tell({"lr": 1e-2, "t": 0.5}, float(value))
        assert "few-runs" in codes(recommender.ask(1))

    def test_the_defaults_come_first_unless_known(self):
        defaults = {"lr": 0.003, "t": 1}
        recommender = Recommender(PARAMETERS)
        first = recommender.ask(2, defaults=defaults)
        assert [s.role for s in first] == ["start", "space-filling"]
        assert dict(first[0]) == defaults
        assert type(first[0]["t"]) is float
        assert recommender.ask(1, defaults=defaults)[0].role == "space-filling"

    def test_defaults_out_of_the_region_are_left_out_and_wrong_ones_an_error(self):
        batch = Recommender(PARAMETERS).ask(
            1, defaults={"lr": 0.003, "t": 0.9}, within={"t": (0.0, 0.5)}
        )
        assert batch[0].role == "space-filling"
        with pytest.raises(SpaceError, match="no value for t"):
            Recommender(PARAMETERS).ask(1, defaults={"lr": 0.003})

    def test_a_first_batch_covers_the_space(self):
        batch = Recommender(PARAMETERS, seed=1).ask(8)
        for low, high in ((0.0, 0.5), (0.5, 1.0)):
            assert sum(low <= s["t"] <= high for s in batch) >= 2


class TestRegions:
    @pytest.mark.parametrize("runs", [0, 12])
    def test_fixed_and_narrowed_parameters_are_kept_to_the_last_digit(self, runs):
        fix, within = {"t": 0.123456789}, {"lr": (0.0012345678, 0.0023456789)}
        for suggestion in informed(runs).ask(5, fix=fix, within=within):
            assert suggestion["t"] == 0.123456789
            assert 0.0012345678 <= suggestion["lr"] <= 0.0023456789

    def test_a_range_of_one_value_is_that_value(self):
        value = 0.0011039770976401639
        batch = informed(12).ask(2, within={"lr": (value, value)})
        assert [s["lr"] for s in batch] == [value, value]

    def test_an_exhausted_region_is_repeated_and_called_so(self):
        fix = {"lr": 0.01, "t": 0.5}
        recommender = informed(12)
        batch = recommender.ask(2, fix=fix)
        assert plain(batch) == [fix, fix]
        assert batch[0].role != "replicate"
        assert batch[1].role == "replicate"
        assert "repeated" in batch[1].reason

    def test_a_small_space_is_gone_through_before_anything_is_repeated(self):
        parameters = [Categorical("c", ["x", "y", "z"]), Integer("k", 1, 2)]
        recommender = Recommender(parameters)
        seen = []
        for _ in range(6):
            suggestion = recommender.ask(1)[0]
            assert suggestion.role != "replicate"
            seen.append((suggestion["c"], suggestion["k"]))
            recommender.tell(suggestion, float(len(seen)))
        assert len(set(seen)) == 6
        again = recommender.ask(1)[0]
        assert again.role == "replicate"
        assert (again["c"], again["k"]) in seen

    def test_nothing_is_repeated_while_untried_values_are_left_beyond_the_trusted_ones(self):
        recommender = Recommender([Integer("k", 0, 19)])
        for k in range(11):
            recommender.tell({"k": k}, 0.5 + 0.01 * ((7 * k) % 5 > 0))
        batch = recommender.ask(4)
        assert [s.role for s in batch] != ["replicate"] * 4
        assert {s["k"] for s in batch} <= set(range(11, 20))

    @pytest.mark.parametrize("told", [1, 12])
    def test_levels_next_to_a_known_one_are_new(self, told):
        recommender = Recommender([Integer("steps", 1, 1000), Real("x", 0.0, 1.0)])
        for index in range(told):
            recommender.tell({"steps": 102 + 70 * index, "x": 0.5}, float(index))
        batch = recommender.ask(5, fix={"x": 0.5}, within={"steps": (101, 104)})
        assert sorted(s["steps"] for s in batch[:3]) == [101, 103, 104]
        assert [s.role == "replicate" for s in batch] == [False] * 3 + [True] * 2

    def test_the_last_configurations_of_a_grid_are_found(self):
        recommender = Recommender([Integer(name, 1, 16) for name in "abc"])
        last = [(3, 14, 9), (16, 1, 7)]
        for a, b, c in itertools.product(range(1, 17), repeat=3):
            if (a, b, c) not in last:
                recommender.tell({"a": a, "b": b, "c": c}, a + 0.1 * b)
        batch = recommender.ask(3)
        assert {(s["a"], s["b"], s["c"]) for s in batch[:2]} == set(last)
        assert [s.role == "replicate" for s in batch] == [False, False, True]

    def test_a_replicate_within_a_hair_of_a_run_out_of_bounds_stays_within(self):
        recommender = informed(12)
        recommender.tell({"lr": 0.1002, "t": 0.5}, 0.9)
        suggestion = recommender.ask(1, fix={"t": 0.5}, within={"lr": (0.0995, 0.1)})[0]
        assert suggestion.role == "replicate"
        assert 0.0995 <= suggestion["lr"] <= 0.1


class TestTelling:
    def test_a_result_belongs_to_the_pending_suggestion(self):
        recommender = informed()
        suggestion = recommender.ask(1)[0]
        recommender.tell(suggestion, 0.4)
        assert recommender.ask(1).fitted == 13

    def test_a_value_told_later_belongs_to_the_finished_run(self):
        recommender = informed()
        params = {"lr": 0.02, "t": 0.2}
        recommender.tell(params)
        assert recommender.ask(1).evaluate == ("run-13",)
        recommender.tell(params, 0.4)
        batch = recommender.ask(1)
        assert batch.evaluate == ()
        assert batch.fitted == 13

    def test_numpy_values_are_taken(self):
        recommender = Recommender([*PARAMETERS, Integer("k", 1, 9), Categorical("c", [1.5, 2.5])])
        recommender.tell(
            {"lr": np.float64(0.01), "t": np.float32(0.5), "k": np.int64(3), "c": np.float64(1.5)},
            np.float32(0.25),
        )
        best = recommender.best()
        assert dict(best) == {"lr": 0.01, "t": 0.5, "k": 3, "c": 1.5}
        assert [type(value) for value in best.values()] == [float, float, int, float]

    @pytest.mark.parametrize(
        "value", [math.nan, math.inf, -math.inf, 1e200, "0.5", True, [1, 2], 10**400]
    )
    def test_a_value_that_is_no_finite_number_is_an_error(self, value):
        with pytest.raises(UsageError, match="finite"):
            Recommender(PARAMETERS).tell({"lr": 0.01, "t": 0.5}, value)

    @pytest.mark.parametrize(
        ("params", "message"),
        [
            ({"lr": 0.01}, "no value for t"),
            ({"lr": 0.01, "t": 0.5, "tt": 1}, "no parameter 'tt'.*did you mean 't'"),
            ({"lr": math.nan, "t": 0.5}, "lr: nan is not a finite number"),
            ({"lr": -0.01, "t": 0.5}, "log scale"),
            ({"lr": "fast", "t": 0.5}, "not a number"),
        ],
    )
    def test_parameters_that_cannot_be_are_an_error_and_leave_nothing(self, params, message):
        recommender = Recommender(PARAMETERS)
        with pytest.raises(SpaceError, match=message):
            recommender.tell(params, 0.5)
        assert recommender.best() is None

    def test_a_status_that_is_unknown_or_has_no_value_is_an_error(self):
        recommender = Recommender(PARAMETERS)
        with pytest.raises(UsageError, match="did you mean 'crashed'"):
            recommender.tell({"lr": 0.01, "t": 0.5}, status="crash")
        with pytest.raises(UsageError, match="has no value"):
            recommender.tell({"lr": 0.01, "t": 0.5}, 0.5, status="diverged")


@pytest.mark.parametrize("n", [0, -1, 1.5, True, "2", 10**9])
def test_a_batch_size_that_cannot_be_is_an_error(n):
    with pytest.raises(UsageError, match="allowed: whole numbers"):
        Recommender(PARAMETERS).ask(n)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"direction": "down"}, "allowed: minimize, maximize"),
        ({"context": ["x"]}, "no parameter 'x'"),
        ({"context": "t"}, "give a list"),
        ({"context": None}, "give a list"),
        ({"context": ["t", "t"]}, "context is t, t; name each parameter once"),
        ({"context": ["t", "lr"]}, "every parameter"),
        ({"seed": -1}, "seed is -1; allowed: whole numbers from 0"),
        ({"seed": "0"}, "seed is '0'; allowed"),
        ({"seed": True}, "seed is True; allowed"),
        ({"seed": 1.5}, "seed is 1.5; allowed"),
        ({"seed": None}, "seed is None; allowed"),
    ],
)
def test_options_that_cannot_be_are_an_error(options, message):
    with pytest.raises(UsageError, match=message):
        Recommender(PARAMETERS, **options)


class TestFailures:
    def suggestions(self, diverged, status="diverged"):
        """Ask where the best of a slope lies among runs that failed."""
        recommender = Recommender([Real("a", 0, 1), Real("b", 0, 1)])
        for params in sample([Real("a", 0, 1), Real("b", 0, 1)], 14):
            if params["a"] < 0.6:
                recommender.tell(params, 1.0 - params["a"] + (params["b"] - 0.5) ** 2)
        for b in np.linspace(0.1, 0.9, diverged):
            recommender.tell({"a": 0.8, "b": float(b)}, status=status)
        return recommender.ask(4)

    @pytest.mark.parametrize("diverged", [2, 3, 8])
    def test_where_runs_diverged_is_avoided(self, diverged):
        reach = max(s["a"] for s in self.suggestions(diverged))
        assert reach < 0.78
        assert max(s["a"] for s in self.suggestions(0)) > 0.7

    def test_where_trainings_finished_they_hold_though_nobody_measured_them(self):
        recommender = Recommender([Real("a", 0, 1)])
        for a in (0.1, 0.15, 0.2, 0.25, 0.3):
            recommender.tell({"a": a}, 1.0 - a)
        recommender.tell({"a": 0.95}, status="diverged")

        def chance(a):
            evidence, encoding = recommender.belief().evidence, recommender.belief().encoding
            model = feasibility(evidence, encoding.groups)
            mean, sd = model.predict(np.array([[a]]))
            return ndtr(-mean[0, 0] / sd[0])

        before = chance(0.7)
        for a in (0.6, 0.65, 0.7):
            recommender.tell({"a": a})
        assert before < 0.7
        assert chance(0.7) > 0.9
        assert chance(0.95) < 0.2

    def test_of_very_many_trainings_some_stand_for_all(self):
        recommender = Recommender([Real("a", 0, 1), Real("b", 0, 1)])
        for a, b in np.random.default_rng(0).random((2000, 2)):
            params = {"a": float(a), "b": float(b)}
            if a + b > 1.2:
                recommender.tell(params, status="diverged")
            else:
                recommender.tell(params, 0.0)
        belief = recommender.belief()
        model = feasibility(belief.evidence, belief.encoding.groups)
        assert len(model.points) == 2 * EACH
        X = np.random.default_rng(1).random((500, 2))
        X = X[np.abs(X.sum(axis=1) - 1.2) > 0.05]
        assert np.array_equal(model.means(X)[:, 0] > 0.0, X.sum(axis=1) > 1.2)

    def test_where_runs_crashed_is_as_good_as_before(self):
        assert plain(self.suggestions(8, "crashed")) == plain(self.suggestions(0))

    def test_a_diverged_run_is_not_proposed_again(self):
        recommender = Recommender([Categorical("c", ["x", "y"])])
        recommender.tell({"c": "x"}, status="diverged")
        assert recommender.ask(1)[0]["c"] == "y"

    def test_a_crashed_run_may_be_proposed_again(self):
        recommender = Recommender([Categorical("c", ["x", "y"])])
        recommender.tell({"c": "x"}, status="crashed")
        recommender.tell({"c": "y"}, 1.0)
        suggestion = recommender.ask(1)[0]
        assert suggestion["c"] == "x"
        assert suggestion.role != "replicate"

    def test_an_excluded_run_is_not_fitted_but_not_repeated_either(self):
        fix = {"lr": 0.01, "t": 0.5}
        recommender = informed()
        recommender.tell(fix, -5.0, excluded=True)
        batch = recommender.ask(1, fix=fix)
        assert batch.fitted == 12
        assert batch[0].role == "replicate"
        assert batch[0].mean > 0.0
        assert dict(recommender.best()) != fix

    def test_runs_out_of_bounds_are_used(self):
        recommender = Recommender([Real("a", 0.5, 1.0), Real("b", 0, 1)])
        rng = np.random.default_rng(0)
        for _ in range(14):
            a, b = 0.5 * rng.random(), rng.random()
            recommender.tell({"a": a, "b": b}, (a - 0.6) ** 2 + (b - 0.3) ** 2)
        batch = recommender.ask(3)
        assert batch.fitted == 14
        assert all(0.5 <= s["a"] <= 1.0 for s in batch)
        assert min(abs(s["b"] - 0.3) for s in batch) < 0.1


def test_choices_that_are_not_declared_are_different_configurations():
    recommender = Recommender([Real("lr", 1e-4, 0.1, scale="log"), Categorical("o", ["a", "b"])])
    for choice, level in (("a", 0.5), ("b", 0.6), ("c", 0.4), ("d", 0.9)):
        for lr in (0.001, 0.003, 0.01):
            recommender.tell({"lr": lr, "o": choice}, level + abs(math.log10(lr / 0.003)) / 20)
    batch = recommender.ask(4)
    assert batch.noise is None
    assert not [n for n in batch.notices if n.code == "poor-fit"]
    assert {s["o"] for s in batch} <= {"a", "b"}
    assert recommender.best()["o"] == "c"


def test_the_noise_is_not_that_of_a_mistyped_replicate():
    recommender = informed(20)
    for value in (0.40, 0.41, 10.04):
        recommender.tell({"lr": 0.01, "t": 0.5}, value)
    batch = recommender.ask(1)
    assert [n.code for n in batch.notices].count("suspect-run") == 1
    assert batch.noise.sd < 0.02


class TestNotices:
    def test_what_lies_beyond_a_bound_is_said_to(self):
        recommender = informed(20, function=lambda p: math.log10(p["lr"]))
        recommender.tell({"lr": 1e-6, "t": 0.5}, -6.0, id="far")
        found = [n.message for n in recommender.ask(1).notices if n.code == "boundary-optimum"]
        assert found == ["the best run, far, lies beyond the low bound of lr; consider widening it"]

    def test_a_suspicious_run_is_named_with_what_was_expected(self):
        recommender = informed(20)
        recommender.tell({"lr": 0.004, "t": 0.55}, 2.5, id="odd")
        suspects = [n for n in recommender.ask(1).notices if n.code == "suspect-run"]
        assert [n.runs for n in suspects] == [("odd",)]
        assert "worse" in suspects[0].message
        assert "2.5" in suspects[0].message

    def test_a_result_too_good_is_named_and_not_the_incumbent(self):
        recommender = informed(20)
        recommender.tell({"lr": 0.0003, "t": 0.2}, -9.0, id="odd")
        suspects = [n for n in recommender.ask(1).notices if n.code == "suspect-run"]
        assert [n.runs for n in suspects] == [("odd",)]
        assert "better" in suspects[0].message
        assert recommender.best().id != "odd"

    def test_a_maximised_objective_is_named_in_its_own_units(self):
        recommender = informed(20, function=lambda p: -loss(p), direction="maximize")
        recommender.tell({"lr": 0.004, "t": 0.55}, -2.5, id="odd")
        message = next(n.message for n in recommender.ask(1).notices if n.code == "suspect-run")
        assert "-2.5" in message
        assert "worse" in message

    def test_equal_results_teach_nothing_and_say_so(self):
        batch = informed(function=lambda p: 0.5, noise=0.0).ask(3)
        assert "poor-fit" in codes(batch)
        assert all(s.role == "space-filling" and s.mean is None for s in batch)

    def test_pure_noise_is_called_a_poor_fit(self):
        batch = informed(20, function=lambda p: 0.0, noise=1.0).ask(1)
        assert "poor-fit" in codes(batch)

    def test_a_parameter_that_never_varied_or_has_no_effect_is_named(self):
        recommender = Recommender([*PARAMETERS, Real("idle", 0, 1), Real("held", 0, 1)])
        rng = np.random.default_rng(2)
        for params in sample(PARAMETERS, 20):
            recommender.tell({**params, "idle": rng.random(), "held": 0.5}, loss(params))
        messages = [n.message for n in recommender.ask(1).notices if n.code == "flat-parameter"]
        assert len(messages) == 2
        assert any(m.startswith("held never varied") for m in messages)
        assert any(m.startswith("idle cannot be told from flat") for m in messages)

    def test_the_best_run_at_a_bound_is_named(self):
        recommender = informed(20, function=lambda p: p["t"] + 0.02 * math.log10(p["lr"]))
        recommender.tell({"lr": 0.01, "t": 0.0}, -0.04, id="edge")
        found = [n for n in recommender.ask(1).notices if n.code == "boundary-optimum"]
        assert [n.runs for n in found] == [("edge",)]
        assert "low bound of t" in found[0].message

    def test_the_best_runs_of_most_contexts_at_a_bound_are_named(self):
        scale = Real("scale", 0.1, 1.0)
        recommender = Recommender([*PARAMETERS, scale], context=["scale"])
        for number, (context, lr, t) in enumerate(
            itertools.product((0.2, 0.5, 0.8), (1e-3, 1e-2), (0.0, 0.3, 0.7))
        ):
            inside = context == 0.8  # where t of 0.3 is best
            value = context + abs(t - 0.3 * inside) + 0.02 * math.log10(lr)
            recommender.tell({"lr": lr, "t": t, "scale": context}, value, id=f"r{number}")
        found = [n for n in recommender.ask(1).notices if n.code == "boundary-optimum"]
        assert [n.runs for n in found] == [("r0", "r6")]
        assert "at 2 of 3 values of scale lie at the low bound of t;" in found[0].message

    def test_a_run_written_down_twice_is_named(self):
        recommender = informed()
        recommender.tell({"lr": 0.01, "t": 0.5}, 0.4, id="one")
        recommender.tell({"lr": 0.01, "t": 0.5}, 0.4, id="two")
        found = [n for n in recommender.ask(1).notices if n.code == "duplicate-run"]
        assert [n.runs for n in found] == [("one", "two")]

    def test_of_many_equal_runs_a_sentence_names_a_few(self):
        recommender = informed()
        for index in range(40):
            recommender.tell({"lr": 0.01, "t": 0.5}, 0.4, id=f"equal-{index}")
        (found,) = [n for n in recommender.ask(1).notices if n.code == "duplicate-run"]
        assert len(found.runs) == 40
        assert found.message.startswith(
            "equal-0, equal-1, equal-2, equal-3, equal-4 and 35 more agree in every parameter"
        )

    def test_replicates_tell_the_noise(self):
        recommender = informed()
        recommender.tell({"lr": 0.01, "t": 0.5}, 0.40)
        recommender.tell({"lr": 0.01, "t": 0.5}, 0.44)
        noise = recommender.ask(1).noise
        assert noise.degrees_of_freedom == 1
        assert noise.sd == pytest.approx(0.04 / math.sqrt(2))

    def test_ordinary_runs_call_for_no_warning(self):
        assert codes(informed(24).ask(2)) == []


class TestMissingObjectives:
    @pytest.mark.parametrize("measured", [0, 2, 12])
    def test_finished_runs_without_a_value_are_listed_each_once(self, measured):
        recommender = informed(measured)
        for index, params in enumerate(sample(PARAMETERS, 5, seed=9)):
            recommender.tell(params, id=f"bare-{index}")
        evaluate = recommender.ask(3).evaluate
        assert len(evaluate) == len(set(evaluate)) == 3
        assert set(evaluate) <= {f"bare-{index}" for index in range(5)}

    def test_the_run_far_from_all_measured_ones_comes_first(self):
        recommender = Recommender(PARAMETERS)
        for t in (0.1, 0.12, 0.14):
            recommender.tell({"lr": 0.001, "t": t}, 0.5)
        recommender.tell({"lr": 0.001, "t": 0.13}, id="near")
        recommender.tell({"lr": 0.02, "t": 0.7}, id="far")
        assert recommender.ask(2).evaluate == ("far", "near")

    def test_they_are_not_proposed_again(self):
        recommender = informed()
        fix = {"lr": 0.01, "t": 0.5}
        recommender.tell(fix)
        assert recommender.ask(1, fix=fix)[0].role == "replicate"


class TestContext:
    def recommender(self, n=16):
        parameters = [Real("tau", 0.01, 1.0, scale="log"), *PARAMETERS]
        return informed(
            n, parameters, lambda p: loss(p) + 3 * p["tau"], metric="loss", context=["tau"]
        )

    @pytest.mark.parametrize("n", [0, 16])
    def test_a_batch_covers_the_range_and_says_why(self, n):
        batch = self.recommender(n).ask(4)
        places = sorted((math.log10(s["tau"]) + 2) / 2 for s in batch)
        assert [int(4 * place) for place in places] == [0, 1, 2, 3]
        assert batch.exploratory
        assert ("confounded-objective" in codes(batch)) == (n > 0)

    def test_the_next_batch_covers_it_at_other_values(self):
        recommender = self.recommender(0)
        one, other = recommender.ask(4), recommender.ask(4)
        assert not {s["tau"] for s in one} & {s["tau"] for s in other}

    def test_a_fixed_context_is_held_and_ranked_within(self):
        batch = self.recommender().ask(3, fix={"tau": 0.2})
        assert {s["tau"] for s in batch} == {0.2}
        assert not batch.exploratory
        assert min(abs(s["t"] - 0.6) for s in batch) < 0.25

    def test_nothing_is_best_over_all_contexts_but_one_is_at_each(self):
        recommender = self.recommender(0)
        for tau in (0.5, 0.2, 0.05):
            for t in (0.1, 0.3, 0.6, 0.8, 0.95):
                params = {"tau": tau, "lr": 0.005, "t": t}
                recommender.tell(params, loss(params) + 3 * tau)
        assert recommender.best() is None
        best = recommender.best_by_context()
        assert [b["tau"] for b in best] == [0.05, 0.2, 0.5]
        assert [b["t"] for b in best] == [0.6, 0.6, 0.6]
        for b in best:
            assert b.mean == pytest.approx(loss(b) + 3 * b["tau"], abs=0.1)
            assert 0.4 < b.probability_best <= 1.0

    def test_without_a_context_there_is_none_to_list(self):
        assert informed().best_by_context() == ()

    def test_improvement_is_over_the_best_known_settings_at_the_same_context(self):
        # The loss falls with tau by up to 3. A low tau must not count as getting better, and a
        # high one must not make getting better impossible: the settings alone are worth 0.7.
        expected = [s.expected_improvement for s in self.recommender(24).ask(4)]
        assert max(expected) < 0.7
        assert min(expected) > 1e-4

    def test_an_undeclared_temperature_is_suspected(self):
        parameters = [Real("temperature", 0.1, 1.0), *PARAMETERS]
        recommender = informed(
            24, parameters, lambda p: 0.1 * loss(p) + 3 * p["temperature"], metric="loss"
        )
        found = [n for n in recommender.ask(1).notices if n.code == "confounded-objective"]
        assert len(found) == 1
        assert "objective.context: [temperature]" in found[0].message


class TestTheIncumbent:
    def test_before_any_result_there_is_none(self):
        recommender = Recommender(PARAMETERS)
        recommender.ask(1)
        assert recommender.best() is None

    def test_of_a_few_runs_it_is_the_best_observed_without_a_belief(self):
        recommender = Recommender(PARAMETERS)
        recommender.tell({"lr": 0.01, "t": 0.5}, 0.6)
        recommender.tell({"lr": 0.01, "t": 0.6}, 0.4, id="mine")
        best = recommender.best()
        assert best.id == "mine"
        assert (best.mean, best.sd, best.probability_best) == (None, None, None)

    def test_it_is_not_the_luckiest_of_noisy_runs(self):
        recommender = Recommender([Real("a", 0, 1)])
        rng = np.random.default_rng(5)
        for a in np.linspace(0, 1, 12):
            for _ in range(4):
                recommender.tell({"a": float(a)}, 2 * (a - 0.5) ** 2 + 0.1 * rng.standard_normal())
        recommender.tell({"a": 0.1}, -0.05)
        assert abs(recommender.best()["a"] - 0.5) < 0.2

    def test_asking_for_it_changes_nothing(self):
        one, other = informed(), informed()
        one.best()
        assert everything(one.ask(2)) == everything(other.ask(2))


def test_a_space_of_three_configurations_gets_a_model_once_all_were_run():
    recommender = Recommender([Categorical("size", ["s", "m", "l"])])
    for size, value in (("s", 3.0), ("m", 1.0), ("l", 2.0)):
        recommender.tell({"size": size}, value)
    batch = recommender.ask(1)
    assert batch[0].role == "replicate"
    assert batch[0]["size"] == "m"
    assert batch[0].mean is not None


def test_reasons_give_no_more_digits_than_a_sentence_wants():
    recommender = Recommender([Real("lr", 1e-5, 0.1, scale="log"), Real("t", 0.0, 1.0)])
    for index in range(8):
        recommender.tell({"lr": 10.0 ** (-4.7 + 0.4567891 * index), "t": 0.1234567}, float(index))
    for suggestion in recommender.ask(4):
        assert not re.search(r"\d{6}", suggestion.reason)


def test_of_very_many_runs_none_is_repeated_whose_result_was_not_heard(monkeypatch):
    monkeypatch.setattr("recommender.engine.surrogate.ACTIVE", 15)
    heard = np.setdiff1d(np.arange(60), [30])[::4]
    monkeypatch.setattr(
        "recommender.engine.surrogate.representative",
        lambda X, y, size: heard if len(y) > size else np.arange(len(y)),
    )
    recommender = Recommender([Integer("k", 0, 59)])
    for k in range(60):
        recommender.tell({"k": k}, ((k - 30) / 30) ** 2)
    [suggestion] = recommender.ask(1)
    assert suggestion.role == "replicate"
    assert suggestion["k"] in (28, 29, 31, 32)


@pytest.mark.parametrize(
    ("parameters", "needed"), [(1, 4), (3, 4), (5, 6), (7, 8), (8, 8), (9, 8), (20, 8)]
)
def test_a_model_needs_one_run_more_than_parameters_but_no_more_than_eight(parameters, needed):
    space = [Real(f"x{i}", 0.0, 1.0) for i in range(parameters)]
    for runs, modelled in ((needed - 1, False), (needed, True)):
        recommender = informed(runs, space, lambda params: sum(params.values()))
        batch = recommender.ask(1)
        assert ("few-runs" not in codes(batch)) == modelled
        assert (batch[0].mean is not None) == modelled
