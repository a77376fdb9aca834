"""The 36 runs of a real sweep, whose peculiarities the engine is there for."""

import math

import numpy as np
import pytest

from recommender import Real, Recommender

PARAMETERS = [
    Real("learning_rate", 1e-5, 1e-1, scale="log"),
    Real("cluster_temperature", 0.3, 1.5),
    Real("instance_temperature", 0.005, 1.0, scale="log"),
    Real("threshold", 0.8, 0.99),
]
# learning rate, cluster temperature, instance temperature, threshold, loss
RUNS = [
    (0.0002, 0.5, 0.3, 0.93, 1.48), (0.0002, 0.5, 0.3, 0.95, 1.46),
    (0.0002, 0.8, 0.3, 0.93, 1.47), (0.0002, 0.8, 0.3, 0.95, 1.48),
    (0.0002, 0.5, 0.5, 0.93, 1.85), (0.0002, 0.5, 0.5, 0.95, 1.83),
    (0.0002, 0.8, 0.5, 0.93, 1.83), (0.0002, 0.8, 0.5, 0.95, 1.83),
    (0.0005, 0.5, 0.3, 0.93, 1.49), (0.0005, 0.5, 0.3, 0.95, 1.51),
    (0.0005, 0.8, 0.3, 0.93, 1.51), (0.0005, 0.8, 0.3, 0.95, 1.50),
    (0.0005, 0.5, 0.5, 0.93, 1.86), (0.0005, 0.5, 0.5, 0.95, 1.87),
    (0.0005, 0.8, 0.5, 0.93, 1.86), (0.0005, 0.8, 0.5, 0.95, 1.87),
    (0.0005, 0.8, 0.05, 0.95, 0.55), (0.0005, 0.8, 0.1, 0.95, 0.79),
    (0.0005, 0.8, 0.2, 0.95, 1.22), (0.0005, 0.8, 0.3, 0.95, 1.54),
    (0.0005, 0.8, 0.4, 0.95, 1.71), (0.0005, 0.8, 0.01, 0.95, 0.44),
    (0.0005, 0.8, 0.03, 0.95, 0.48), (0.0005, 0.8, 0.05, 0.95, 0.54),
    (0.0005, 0.8, 0.03, 0.9, 0.48), (0.0005, 0.8, 0.03, 0.93, 0.48),
    (0.0005, 0.8, 0.03, 0.95, 0.48), (0.0005, 0.8, 0.03, 0.98, 0.52),
    (0.001, 0.8, 0.03, 0.9, 0.52), (0.001, 0.8, 0.03, 0.93, 0.77),
    (0.001, 0.8, 0.03, 0.95, 0.52), (0.001, 0.8, 0.03, 0.98, 0.52),
    (0.01, 0.8, 0.03, 0.9, 0.76), (0.01, 0.8, 0.03, 0.93, 0.76),
    (0.01, 0.8, 0.03, 0.95, 0.74), (0.01, 0.8, 0.03, 0.98, 0.76),
]  # fmt: skip


def told(changed=None, context=("instance_temperature",)):
    recommender = Recommender(PARAMETERS, metric="loss", context=context)
    names = [parameter.name for parameter in PARAMETERS]
    for index, (*values, written) in enumerate(RUNS):
        loss = (changed or {}).get(index, written)
        recommender.tell(dict(zip(names, values, strict=True)), loss, id=str(index))
    return recommender


def ask(changed=None, context=("instance_temperature",), **options):
    return told(changed, context).ask(4, **options)


@pytest.fixture(scope="module")
def batch():
    return ask()


def named(batch, code):
    return [notice.runs for notice in batch.notices if notice.code == code]


def test_the_run_that_its_neighbours_contradict_is_the_only_suspect(batch):
    assert named(batch, "suspect-run") == [("29",)]


@pytest.mark.parametrize("index", [0, 3, 20, 22, 26])
def test_a_slipped_decimal_point_is_named(index):
    loss = RUNS[index][-1]
    assert (str(index),) in named(ask({index: loss / 10}), "suspect-run")
    assert (str(index),) in named(ask({index: loss * 10}), "suspect-run")


def test_the_instance_temperature_explains_nearly_all_of_the_loss(batch):
    assert batch.context_share == pytest.approx(0.98, abs=0.005)
    assert len(named(batch, "confounded-objective")) == 1
    assert any("98%" in notice.message for notice in batch.notices)


def test_without_a_declared_context_the_temperature_is_suspected():
    batch = ask(context=())
    message = next(n.message for n in batch.notices if n.code == "confounded-objective")
    assert "objective.context: [instance_temperature]" in message


def test_the_noise_is_that_of_three_pairs_of_replicates(batch):
    assert batch.noise.degrees_of_freedom == 3
    assert batch.noise.sd == pytest.approx(0.0168, abs=5e-5)
    assert batch.noise.low == pytest.approx(0.0095, abs=5e-5)
    assert batch.noise.high == pytest.approx(0.063, abs=5e-4)


def test_the_cluster_temperature_cannot_be_told_from_flat(batch):
    flat = [n.message for n in batch.notices if n.code == "flat-parameter"]
    assert any(message.startswith("cluster_temperature") for message in flat)
    assert not any(message.startswith("learning_rate") for message in flat)


def test_a_batch_covers_the_instance_temperature(batch):
    low, high = math.log(0.005), math.log(1.0)
    places = sorted((math.log(s["instance_temperature"]) - low) / (high - low) for s in batch)
    assert [int(4 * place) for place in places] == [0, 1, 2, 3]


@pytest.mark.parametrize("context", [("instance_temperature",), ()])
def test_no_corner_of_the_box_is_proposed(context):
    for suggestion in ask(context=context):
        at_bounds = [p.name for p in PARAMETERS if suggestion[p.name] in (p.low, p.high)]
        assert len(at_bounds) <= 1


def test_the_learning_rate_that_ruined_the_loss_is_not_proposed_where_it_did():
    for suggestion in ask(fix={"instance_temperature": 0.03}):
        assert suggestion["learning_rate"] < 0.003
        assert 0.3 < suggestion.mean < 0.6


def test_predictions_agree_with_the_loss_at_the_same_temperature(batch):
    known = {values[2]: [] for values in RUNS}
    for *values, loss in RUNS:
        known[values[2]].append(loss)
    for suggestion in batch:
        temperature = min(known, key=lambda t, s=suggestion: abs(
            math.log(t / s["instance_temperature"])
        ))  # fmt: skip
        if temperature == suggestion["instance_temperature"]:
            centre = np.median(known[temperature])
            assert abs(suggestion.mean - centre) < 3.0 * suggestion.sd + 0.05


def test_a_mistyped_result_does_not_hide_what_the_temperature_explains():
    assert ask({5: 48.0}).context_share == pytest.approx(0.98, abs=0.01)


def test_with_all_that_matters_held_the_batch_still_differs():
    held = {"instance_temperature": 0.5, "learning_rate": 0.0005, "threshold": 0.95}
    values = sorted(suggestion["cluster_temperature"] for suggestion in ask(fix=held))
    assert np.diff(values).min() > 0.05 * (1.5 - 0.3) * 0.9


def test_a_batch_is_compared_with_the_incumbent_that_best_names():
    for incumbent in told().best_by_context():
        there = {"instance_temperature": incumbent.params["instance_temperature"]}
        for suggestion in ask(fix=there):
            assert suggestion.reason.endswith(f"the incumbent there ({incumbent.id})")
