import numpy as np
import pytest

from recommender import Real, Recommender
from recommender.engine.belief import apportion


@pytest.fixture
def told(rng):
    recommender = Recommender([Real("x", 0.0, 1.0), Real("y", 0.0, 1.0)], direction="maximize")
    for x, y in rng.random((12, 2)):
        recommender.tell({"x": x, "y": y}, 5.0 - (x - 0.3) ** 2)
    return recommender


def test_values_and_means_are_in_the_users_direction(told):
    belief = told.belief()
    assert belief.values == pytest.approx([5.0 - (r.params["x"] - 0.3) ** 2
                                           for r in belief.evidence.measured])  # fmt: skip
    means, sds = belief.at(belief.evidence.X)
    assert np.abs(means - belief.values).max() < 0.02
    assert (sds > 0).all()


def test_a_prediction_of_a_training_is_that_of_a_suggestion(told):
    belief = told.belief()
    suggestion = told.ask(1)[0]
    means, sds = belief.predict([suggestion])
    assert means[0] == pytest.approx(suggestion.mean, rel=1e-6)
    assert sds[0] == pytest.approx(suggestion.sd, rel=1e-6)


def test_a_spread_keeps_its_digits_however_far_off_the_values_lie(rng):
    spreads = []
    for offset in (0.0, 1e8):
        recommender = Recommender([Real("x", 0.0, 1.0)])
        for x in np.linspace(0.0, 1.0, 12).tolist():
            recommender.tell({"x": x}, offset + round(64 * (x - 0.3) ** 2) / 64)
        spreads.append(recommender.belief().at(np.array([[0.35], [0.8]]))[1])
    assert spreads[1] == pytest.approx(spreads[0], rel=1e-3)


@pytest.mark.parametrize("noisy", [False, True])
def test_draws_have_the_mean_and_the_spread_of_the_belief(told, rng, noisy):
    belief = told.belief()
    X = rng.random((3, 2)) * 2.0 - 0.5
    means, sds = belief.at(X, noisy=noisy)
    losses = belief.draw(X, 8000, rng, noisy=noisy)
    assert losses.shape == (3, 8000)
    assert belief.model.warp.reach == np.inf
    assert -losses.mean(axis=1) == pytest.approx(means, abs=0.06 * sds.max())
    assert losses.std(axis=1) == pytest.approx(sds, rel=0.06)


def test_shares_are_whole_numbers_in_proportion():
    assert apportion([0.5, 0.3, 0.2], 10) == [5, 3, 2]
    assert apportion([1 / 3, 1 / 3, 1 / 3], 4) == [2, 1, 1]
    assert apportion([0.999, 0.001], 10) == [10, 0]


def test_there_is_no_model_of_too_few_runs():
    recommender = Recommender([Real("x", 0.0, 1.0)])
    recommender.tell({"x": 0.5}, 1.0)
    assert recommender.belief().surrogate is None
