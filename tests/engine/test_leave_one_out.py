from dataclasses import replace

import numpy as np
import pytest

from recommender.engine.leave_one_out import leave_one_out, leave_one_out_believed
from recommender.engine.likelihood import Likelihood

THETA = np.log([0.3, 0.8, 1.5, 0.02])


@pytest.fixture
def model(rng):
    model = Likelihood.of(rng.random((12, 2)), rng.standard_normal(12), np.arange(2))
    return replace(model, extra=np.where(np.arange(12) == 4, 3.0, 0.0))


def kriging(K, y, left_out):
    """Ordinary kriging of one value from the others, and the sd of its error (Cressie 1993)."""
    kept = np.arange(len(y)) != left_out
    inverse, cross = np.linalg.inv(K[np.ix_(kept, kept)]), K[kept, left_out]
    ones = np.ones(len(y) - 1)
    mean = ones @ inverse @ y[kept] / (ones @ inverse @ ones)
    rest = 1.0 - ones @ inverse @ cross
    variance = K[left_out, left_out] - cross @ inverse @ cross
    variance += rest**2 / (ones @ inverse @ ones)
    return mean + cross @ inverse @ (y[kept] - mean), variance**0.5


def test_each_prediction_equals_ordinary_kriging_from_the_other_runs(model):
    means, sds = leave_one_out(model, THETA)
    for left_out in range(12):
        mean, sd = kriging(model.covariance(THETA), model.y, left_out)
        assert means[left_out] == pytest.approx(mean, rel=1e-6)
        assert sds[left_out] == pytest.approx(sd, rel=1e-6)


@pytest.mark.parametrize("extra", [3.0, 1e4])
def test_each_doubted_run_is_judged_as_if_it_were_not(model, extra):
    doubted = [4, 7, 9]
    model = replace(model, extra=np.where(np.isin(np.arange(12), doubted), extra, 0.0))
    means, sds = leave_one_out_believed(model, THETA)
    for run in doubted:
        K = model.covariance(THETA)
        K[run, run] -= extra
        assert (means[run], sds[run]) == pytest.approx(kriging(K, model.y, run), rel=1e-6)
    np.testing.assert_array_equal(
        np.delete(sds, doubted), np.delete(leave_one_out(model, THETA)[1], doubted)
    )
