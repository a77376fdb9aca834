from dataclasses import replace

import pytest

from recommender import Real
from recommender.insight.scorecard import scorecard
from tests.insight.conftest import proposal_of, run_of, view_of

LINE = [Real("x", 0.0, 1.0)]


def proposed(number, x, metrics, batch, mean=None, sd=None, **more):
    run = run_of(number, {"x": x}, metrics, **more)
    return run_of(
        number,
        {"x": x},
        metrics,
        proposal=proposal_of(run.id, {"x": x}, batch, mean=mean, sd=sd),
        **more,
    )


PAST = [
    run_of(1, {"x": 0.0}, {"loss": 1.0, "NMI": 0.1}),
    run_of(2, {"x": 0.4}, {"loss": 2.0, "NMI": 0.2}),
    run_of(3, {"x": 1.0}, {"loss": 6.0, "NMI": 0.6}),
    run_of(4, {"x": 0.8}, {"loss": 5.0, "NMI": 0.5}),
]
BATCHES = [
    proposed(5, 0.1, {"loss": 1.5, "NMI": 0.15}, 1, 1.3, 0.1),  # 2 sd above; nearest: 1.0
    proposed(6, 0.5, {"loss": 2.5}, 1, 2.6, 0.2),  # half an sd below; nearest: 2.0
    proposed(7, 0.12, {"loss": 1.0}, 2, 1.4, 0.1),  # 4 sd below; nearest: 1.5, of the first batch
    proposed(8, 0.9, {}, 2, 5.5, 0.3),
]


def test_predictions_are_scored_by_hand():
    found = scorecard(view_of(LINE, [*PAST, *BATCHES]))
    assert [one.id[:8] for one in found.scored] == ["run-0005", "run-0006", "run-0007"]
    assert [one.z for one in found.scored] == pytest.approx([2.0, -0.5, -4.0])
    assert [one.nearest for one in found.scored] == [1.0, 2.0, 1.5]
    assert [one.constant for one in found.scored] == pytest.approx([3.5, 3.5, 3.0])
    assert not any(one.recomputed for one in found.scored)
    assert [each.inside for each in found.coverage] == [1, 1, 1]
    assert found.errors is not None
    assert found.errors.of == 3
    assert found.errors.model == pytest.approx(((0.04 + 0.01 + 0.16) / 3) ** 0.5)
    assert found.errors.constant == pytest.approx(((4.0 + 1.0 + 4.0) / 3) ** 0.5)
    assert found.errors.nearest == pytest.approx(((0.25 + 0.25 + 0.25) / 3) ** 0.5)
    # Predicted 1.3 < 1.4 < 2.6; it came 1.5, 1.0, 2.5: one pair of three is the wrong way round.
    assert (found.rank, found.pairs) == (pytest.approx(1.0 / 3.0), 3)
    assert found.waiting == 1


def test_the_best_so_far_is_compared_with_random_search_from_the_same_start():
    found = scorecard(view_of(LINE, [*PAST, *BATCHES]))
    (progress,) = found.progress
    assert progress.before == 1.0
    assert progress.found == (1.0, 1.0, 1.0)


def test_of_another_metric_the_predictions_are_made_anew_from_the_earlier_runs():
    view = view_of(LINE, [*PAST, *BATCHES], metric="NMI", direction="maximize")
    (one,) = scorecard(view).scored
    assert one.recomputed
    assert one.actual == 0.15
    assert one.nearest == 0.1
    assert one.constant == pytest.approx(0.35)
    # The four earlier runs are a smooth curve, of which the model has an idea.
    assert one.mean == pytest.approx(0.12, abs=0.06)
    earlier = view_of(LINE, PAST, metric="NMI", direction="maximize").belief
    (mean,), (sd,) = earlier.predict([one.params])
    assert (one.mean, one.sd) == (pytest.approx(mean), pytest.approx(sd))


def test_with_a_context_only_its_equals_are_compared():
    parameters = [Real("x", 0.0, 1.0), Real("t", 0.0, 1.0)]
    runs = [
        run_of(number, {"x": x, "t": t}, {"loss": 10.0 * t + x})
        for number, (x, t) in enumerate([(0.0, 0.0), (0.5, 0.0), (1.0, 0.0), (0.2, 1.0)], 1)
    ]
    for number, (x, t, mean) in enumerate([(0.3, 0.0, 0.2), (0.6, 1.0, 10.0), (0.4, 0.0, 0.5)], 5):
        params = {"x": x, "t": t}
        proposal = proposal_of(f"run-{number:04d}-aaaa", params, 1, mean=mean, sd=0.1)
        runs.append(run_of(number, params, {"loss": 10.0 * t + x}, proposal=proposal))
    found = scorecard(view_of(parameters, runs, context=["t"]))
    assert [one.constant for one in found.scored] == pytest.approx([0.5, 10.2, 0.5])
    assert (found.rank, found.pairs) == (1.0, 1)
    assert [(one.context, one.before) for one in found.progress] == [
        ({"t": 0.0}, 0.0),
        ({"t": 1.0}, pytest.approx(10.2)),
    ]
    assert [one.runs for one in found.progress] == [
        ("run-0005-aaaa", "run-0007-aaaa"),
        ("run-0006-aaaa",),
    ]


def test_what_was_excluded_or_proposed_without_a_model_is_not_scored():
    runs = [
        *PAST,
        proposed(5, 0.1, {"loss": 9.0}, 1, 1.3, 0.1, excluded=True),
        proposed(6, 0.5, {"loss": 2.5}, 1),
    ]
    found = scorecard(view_of(LINE, runs))
    (one,) = found.scored
    assert (one.id, one.mean, one.z) == ("run-0006-aaaa", None, None)
    assert (found.coverage, found.errors, found.rank) == ((), None, None)


def test_a_run_whose_parameters_were_amended_is_no_test_of_its_prediction():
    ran_otherwise = replace(BATCHES[0], params={"x": 0.7})
    found = scorecard(view_of(LINE, [*PAST, ran_otherwise, *BATCHES[1:]]))
    assert [one.id[:8] for one in found.scored] == ["run-0006", "run-0007"]


def test_nothing_to_compare_yet():
    found = scorecard(view_of(LINE, PAST))
    assert (found.scored, found.coverage, found.progress, found.waiting) == ((), (), (), 0)
