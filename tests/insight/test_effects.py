"""What is said of the real sweep, and of small ones whose truth is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender import Integer, Real
from recommender.insight.effects import Standing, effects
from tests.engine.test_sweep import PARAMETERS, RUNS
from tests.insight.conftest import run_of, view_of

NAMES = [parameter.name for parameter in PARAMETERS]


def real_runs():
    return [
        run_of(number, dict(zip(NAMES, values, strict=True)), {"loss": loss})
        for number, (*values, loss) in enumerate(RUNS, 1)
    ]


@pytest.fixture(scope="module")
def real():
    return effects(view_of(PARAMETERS, real_runs(), context=["instance_temperature"]))


def named(found, name):
    return next(one for one in found.parameters if one.name == name)


def test_the_temperature_explains_nearly_all_of_the_loss_and_is_not_ranked(real):
    assert real.context_share == pytest.approx(0.98, abs=0.005)
    assert real.context_index.low < real.context_index.mean < real.context_index.high
    assert real.context_index.mean > 0.9
    context = named(real, "instance_temperature")
    assert context.standing is Standing.CONTEXT
    assert (context.advice, context.first) == (None, None)
    assert "instance_temperature alone explains 98% of the variance of loss" in context.sentence


def test_without_a_declared_context_the_temperature_is_suspected():
    found = effects(view_of(PARAMETERS, real_runs()))
    (note,) = found.notes
    assert "instance_temperature alone explains 98% of the variance of loss" in note
    assert named(found, "instance_temperature").first.mean > 0.9


def test_what_cannot_be_told_is_not_claimed(real):
    flat = named(real, "cluster_temperature")
    assert flat.standing is Standing.FLAT
    assert "the data cannot tell: cluster_temperature cannot be told from flat" in flat.sentence
    assert "single runs" not in flat.sentence
    assert flat.advice.known == (0.5, 0.8)
    assert flat.advice.look == ()


def test_what_the_threshold_seems_to_do_rests_on_single_runs(real):
    threshold = named(real, "threshold")
    assert threshold.standing is Standing.FLAT
    assert "rests on single runs: run-0028-aaaa has loss 0.52 at 0.98" in threshold.sentence
    # The run that is not believed is no evidence of the threshold.
    assert real.doubted == ("run-0030-aaaa",)
    assert "run-0030" not in threshold.sentence


def test_the_learning_rate_has_an_effect_and_lower_ones_are_worth_a_look(real):
    rate = named(real, "learning_rate")
    assert rate.standing is Standing.EFFECT
    assert rate.first.low > 0.9
    assert rate.sentence.startswith("loss rises by 0.2")
    assert rate.change.difference > 4 * rate.change.sd
    low, high = rate.advice.look
    assert low < 0.0002
    assert high <= 0.0005
    assert 0.0 < rate.advice.chance < 1.0


def test_the_runs_at_fixed_others_are_those_of_the_logs_author(real):
    first = named(real, "instance_temperature").comparisons[0]
    assert first.fixed == {"learning_rate": 0.0005, "cluster_temperature": 0.8, "threshold": 0.95}
    assert {level.value: level.results for level in first.levels} == {
        0.01: (0.44,), 0.03: (0.48, 0.48), 0.05: (0.55, 0.54), 0.1: (0.79,), 0.2: (1.22,),
        0.3: (1.5, 1.54), 0.4: (1.71,), 0.5: (1.87,),
    }  # fmt: skip


def test_an_interaction_is_found_and_an_additive_sum_has_none(rng):
    parameters = [Real("x", 0.0, 1.0), Real("z", 0.0, 1.0)]
    points = rng.random((40, 2))
    found = {}
    for kind, function in (
        ("product", lambda x, z: (x - 0.5) * (z - 0.5) * 12.0),
        ("sum", lambda x, z: x + z),
    ):
        runs = [
            run_of(i, {"x": x, "z": z}, {"loss": function(x, z)})
            for i, (x, z) in enumerate(points.tolist(), 1)
        ]
        found[kind] = effects(view_of(parameters, runs))
    (pair,) = found["product"].interactions
    assert {pair.one, pair.other} == {"x", "z"}
    assert pair.share.low > 0.8
    assert found["sum"].interactions == ()
    for name in ("x", "z"):
        assert named(found["sum"], name).first.mean == pytest.approx(0.5, abs=0.1)


def test_no_effect_depends_on_another_by_chance():
    parameters = [Real(name, 0.0, 1.0) for name in "xyz"]
    for seed in (1000, 1001, 1010, 1012):
        rng = np.random.default_rng(seed)
        runs = [
            run_of(n, {"x": x, "y": y, "z": z}, {"loss": x + 0.5 * y * y + 0.1 * noise})
            for n, (x, y, z, noise) in enumerate(
                np.column_stack([rng.random((12, 3)), rng.standard_normal(12)]).tolist(), 1
            )
        ]
        for pair in effects(view_of(parameters, runs)).interactions:
            assert pair.sentence.startswith("the data cannot tell")


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_the_best_value_is_known_and_looked_for_where_it_is(direction, rng):
    sign = 1.0 if direction == "minimize" else -1.0
    parameters = [Real("x", 0.0, 1.0), Integer("k", 1, 9)]
    runs = []
    for number, u in enumerate(rng.random((40, 2)).tolist(), 1):
        x, k = round(u[0], 2), 1 + int(9 * u[1])
        runs.append(
            run_of(number, {"x": x, "k": k}, {"m": sign * ((x - 0.3) ** 2 + 0.01 * (k - 6) ** 2)})
        )
    found = effects(view_of(parameters, runs, "m", direction))
    x, k = named(found, "x"), named(found, "k")
    assert x.advice.known[0] <= 0.35
    assert x.advice.known[-1] >= 0.22
    assert x.advice.look[0] == pytest.approx(0.3, abs=0.06)
    assert 6 in range(k.advice.look[0], k.advice.look[-1] + 1)
    assert x.sentence.startswith("m is best near x 0.3")
    assert x.change.difference * sign > 0


@pytest.mark.parametrize("layers", [Integer("k", 2, 6), Integer("k", 1, 6, scale="log")])
def test_of_few_levels_those_that_were_not_tried_are_looked_at_too(layers, rng):
    parameters = [Real("x", 0.0, 1.0), layers]
    runs = [
        run_of(number, {"x": x, "k": 3 + number % 2}, {"loss": (x - 0.3) ** 2 - 0.5 * (number % 2)})
        for number, x in enumerate(rng.random(16).round(2).tolist(), 1)
    ]
    k = named(effects(view_of(parameters, runs)), "k")
    assert k.advice.known == (4,)
    assert k.advice.look[-1] in (5, 6)
    assert k.advice.chance < 0.9


def test_a_parameter_that_never_varied_is_said_to_be_unknown(rng):
    parameters = [Real("x", 0.0, 1.0), Real("z", 0.0, 1.0)]
    runs = [
        run_of(i, {"x": x, "z": 0.5}, {"loss": x})
        for i, x in enumerate(np.linspace(0, 1, 8).tolist(), 1)
    ]
    z = named(effects(view_of(parameters, runs)), "z")
    assert z.standing is Standing.NEVER_VARIED
    assert z.sentence == "the data cannot tell: z never varied"
    assert (z.first, z.advice, z.comparisons) == (None, None, ())


@settings(max_examples=12)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(-1e3, 1e3)), max_size=9))
def test_any_history_has_effects_that_are_plain_numbers(rows):
    parameters = [Real("x", 0.0, 1.0), Real("z", 0.0, 1.0)]
    runs = [run_of(i, {"x": x, "z": 1.0 - x}, {"loss": y}) for i, (x, y) in enumerate(rows, 1)]
    found = effects(view_of(parameters, runs))
    assert [one.name for one in found.parameters] == ["x", "z"]
    for one in found.parameters:
        if one.curve is not None:
            assert np.isfinite(one.curve.mean).all()
            assert np.isfinite(one.curve.sd).all()
        if one.first is not None:
            assert -1e-9 <= one.first.low <= one.first.high <= 1.0 + 1e-6
        if one.advice is not None:
            assert 0.0 <= one.advice.chance <= 1.0


def test_the_same_history_gives_the_same_effects():
    parameters = [Real("x", 0.0, 1.0)]
    runs = [run_of(i, {"x": i / 9}, {"loss": (i / 9) ** 2}) for i in range(10)]
    assert effects(view_of(parameters, runs)) == effects(view_of(parameters, runs))
