import numpy as np
import pytest
from scipy.linalg import cholesky
from skopt.learning import GaussianProcessRegressor
from skopt.learning.gaussian_process.kernels import RBF, ConstantKernel

from recommender.engine.surrogate import fit, fit_posterior


def bowl(X):
    return 0.5 + 2.0 * ((X - 0.4) ** 2).sum(axis=1)


def runs(seed, n=24, d=2, noise=0.02):
    rng = np.random.default_rng(seed)
    X = rng.random((n, d))
    return X, bowl(X) + noise * rng.standard_normal(n)


def fitted(X, y, **options):
    return fit(X, y, np.arange(X.shape[1]), **options)


class TestHooksOfSkopt:
    """What `surrogate` and `posterior` rely on in skopt, which could change under them."""

    def regressor(self):
        X, y = runs(0, 8)
        noise = np.linspace(0.01, 0.3, 8)
        kernel = ConstantKernel(2.0, "fixed") * RBF([0.3, 0.5], "fixed")
        model = GaussianProcessRegressor(kernel=kernel, alpha=noise, optimizer=None)
        return X, y, noise, kernel, model.fit(X, y)

    def test_without_an_optimizer_the_kernel_stays_as_given(self):
        *_, kernel, model = self.regressor()
        assert model.kernel_.get_params()["k1__constant_value"] == 2.0
        np.testing.assert_array_equal(model.kernel_.get_params()["k2__length_scale"], [0.3, 0.5])
        assert model.kernel_ == kernel

    def test_an_array_alpha_is_the_noise_variance_of_each_run(self):
        X, _, noise, kernel, model = self.regressor()
        expected = cholesky(kernel(X) + np.diag(noise), lower=True)
        np.testing.assert_allclose(model.L_, expected, atol=1e-12)

    def test_alpha_holds_the_inverse_covariance_times_the_values(self):
        X, y, noise, kernel, model = self.regressor()
        expected = np.linalg.solve(kernel(X) + np.diag(noise), y)
        np.testing.assert_allclose(np.ravel(model.alpha_), expected, rtol=1e-8)


def test_predictions_come_near_a_function_that_the_runs_determine():
    X, y = runs(1, 30)
    query = np.random.default_rng(2).random((50, 2))
    means, sds = fitted(X, y).posterior.predict(query)
    error = means[:, 0] - bowl(query)
    assert np.abs(error).max() < 0.1
    assert np.abs(error / sds).mean() < 3.0


@pytest.mark.parametrize("size", [1.0, 5.0, 1e6, 1e12])
def test_a_planted_bad_run_is_discounted_and_no_other(size):
    X, y = runs(4)
    y[7] += size
    surrogate = fitted(X, y)
    assert np.flatnonzero(surrogate.discounted).tolist() == [7]
    assert surrogate.leave_one_out_mean[7] == pytest.approx(bowl(X)[7], abs=0.15)
    assert 0.99 * surrogate.posterior.noise**0.5 <= surrogate.leave_one_out_sd[7] < 0.3
    query = np.random.default_rng(2).random((50, 2))
    assert np.abs(surrogate.posterior.predict(query)[0][:, 0] - bowl(query)).max() < 0.3


def test_at_most_a_fifth_of_the_runs_is_discounted():
    X = np.repeat(np.random.default_rng(0).random((8, 2)), 5, axis=0)
    y = bowl(X) + 0.02 * np.random.default_rng(1).standard_normal(40)
    y[::4] += np.geomspace(3.0, 300.0, 10)
    discounted = fitted(X, y).discounted
    assert discounted.sum() == 8
    assert discounted[::4].sum() == 8


def test_clean_runs_are_hardly_ever_discounted_or_thought_too_good():
    suspected = 0
    for seed in range(40):
        surrogate = fitted(*runs(100 + seed, 16, noise=0.1))
        suspected += bool(surrogate.discounted.any() or surrogate.too_good.any())
    assert suspected <= 2


def test_the_discoveries_of_a_sweep_are_hardly_ever_thought_too_good():
    # A narrow basin: most runs see the plain, and the few that found it look odd beside them.
    def basin(X):
        return 3.0 * X[:, 1] - 8.0 * np.exp(-0.5 * (((X - 0.6) / 0.15) ** 2).sum(axis=1))

    suspected = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        X = np.vstack([rng.random((24, 3)), 0.6 + 0.1 * rng.standard_normal((8, 3))])
        surrogate = fitted(X, basin(X) + 0.05 * rng.standard_normal(32))
        suspected += bool(surrogate.too_good.any() or surrogate.discounted.any())
    assert suspected <= 2


@pytest.mark.parametrize("n", [8, 12, 24, 60, 150])
def test_the_first_run_off_a_plain_is_a_discovery(n):
    rng = np.random.default_rng(n)
    X = rng.random((n, 3))
    y = 1.0 + 0.02 * rng.standard_normal(n)
    y[2] = 0.5
    surrogate = fitted(X, y)
    assert not surrogate.too_good.any()
    assert surrogate.posterior.means(X[2:3])[0, 0] < 0.8


def test_the_only_run_off_a_plain_that_very_many_saw_is_not_too_good():
    rng = np.random.default_rng(0)
    X = rng.random((400, 3))
    y = 1.0 + 0.02 * rng.standard_normal(400)
    y[2] = 0.5
    assert not fitted(X, y).too_good.any()


@pytest.mark.parametrize("n", [30, 80])
@pytest.mark.parametrize("size", [1.0, 1e3, 1e9])
def test_a_run_too_good_to_be_believed_is_flagged_and_not_discounted(n, size):
    X, y = runs(6, n)
    y[3] -= size
    surrogate = fitted(X, y)
    assert np.flatnonzero(surrogate.too_good).tolist() == [3]
    assert not surrogate.discounted[3]


def test_two_bad_runs_do_not_hide_each_other():
    found = 0
    for seed in range(10):
        X, y = runs(seed, 36)
        y[5], y[20] = y[5] + 1.5, y[20] + 20.0
        found += {5, 20} <= set(np.flatnonzero(fitted(X, y).discounted))
    assert found >= 9


@pytest.mark.parametrize("seed", range(3))
def test_bad_runs_that_together_look_like_noise_do_not_hide_each_other(seed):
    X, y = runs(200 + seed, 30)
    bad = [1, 6, 11, 16, 21]
    y[bad] += [2.0, 2.7, 3.4, 4.1, 4.8]
    surrogate = fitted(X, y)
    assert np.flatnonzero(surrogate.discounted).tolist() == bad
    assert not surrogate.too_good.any()


def test_a_long_bad_tail_is_hardly_ever_taken_for_bad_runs():
    discounted = 0
    for seed in range(10):
        rng = np.random.default_rng(300 + seed)
        X = rng.random((30, 2))
        y = np.exp(10.0 * np.abs(X - 0.4).max(axis=1)) + 0.02 * rng.standard_normal(30)
        discounted += int(fitted(X, y).discounted.sum())
    assert discounted <= 3  # of 300


@pytest.mark.parametrize("size", [3.0, 30.0, 1e3, 1e9])
def test_a_run_that_is_not_believed_says_nothing_of_the_scale(size):
    X, y = runs(1)
    y[5] = size
    surrogate = fitted(X, y)
    assert surrogate.discounted[5]
    np.testing.assert_array_equal(surrogate.warp(y), y)


def test_values_that_nobody_doubts_are_all_believed():
    X, y = runs(4)
    y[-1] += 5.0
    assert fitted(X, y).discounted[-1]
    posterior = fit_posterior(X, y, np.arange(X.shape[1]))
    assert posterior.means(X[-1:])[0, 0] - fitted(X, y).posterior.means(X[-1:])[0, 0] > 1.0


def test_a_parameter_without_effect_is_flat_and_one_with_effect_is_not():
    X, _ = runs(7, 30)
    y = 3.0 * X[:, 0] ** 2 + 0.02 * np.random.default_rng(0).standard_normal(30)
    assert fitted(X, y).flat.tolist() == [False, True]


def test_a_parameter_that_never_varied_is_flat():
    X, y = runs(8)
    X[:, 1] = 0.3
    assert fitted(X, y).evidence[1] == pytest.approx(0.0, abs=1e-6)


def test_the_noise_is_recovered_from_replicates():
    rng = np.random.default_rng(0)
    X = np.repeat(rng.random((15, 2)), 4, axis=0)
    y = bowl(X) + 0.1 * rng.standard_normal(60)
    assert fitted(X, y).posterior.noise ** 0.5 == pytest.approx(0.1, rel=0.25)


@pytest.mark.parametrize("scale", [1e-20, 1e-8, 1e8, 1e50])
def test_the_answer_scales_with_the_values(scale):
    X, y = runs(9)
    y[7] += 5.0
    query = np.random.default_rng(2).random((10, 2))
    plain, scaled = fitted(X, y), fitted(X, scale * y)
    assert plain.discounted.tolist() == scaled.discounted.tolist()
    np.testing.assert_allclose(
        scaled.posterior.kernel.components[0].lengthscales,
        plain.posterior.kernel.components[0].lengthscales,
        rtol=1e-3,
    )
    for own, other in zip(
        scaled.posterior.predict(query), plain.posterior.predict(query), strict=True
    ):
        np.testing.assert_allclose(own / scale, other, rtol=1e-3)


def test_the_answer_shifts_with_the_values():
    X, y = runs(9)
    query = np.random.default_rng(2).random((10, 2))
    plain, shifted = fitted(X, y).posterior, fitted(X, y + 1000.0).posterior
    np.testing.assert_allclose(
        shifted.predict(query)[0] - 1000.0, plain.predict(query)[0], atol=1e-3
    )
    np.testing.assert_allclose(shifted.predict(query)[1], plain.predict(query)[1], rtol=1e-3)


@pytest.mark.parametrize("value", [0.0, 0.5, -1e8, 1e-300])
def test_equal_values_are_predicted_everywhere(value):
    X, _ = runs(10, 8)
    surrogate = fitted(X, np.full(8, value))
    means, sds = surrogate.posterior.predict(X + 0.1)
    np.testing.assert_allclose(means, value, rtol=1e-6, atol=1e-9)
    assert np.all(np.isfinite(sds))
    assert not surrogate.discounted.any()
    assert surrogate.flat.all()


def test_few_levels_are_thought_to_have_a_trend():
    x = np.array([0.0, 0.0, 0.2, 0.2, 0.4, 0.4])
    X, y = np.column_stack([x, np.linspace(0.0, 1.0, 6)]), np.array([3.0, 2.9, 2.0, 2.1, 1.0, 1.1])
    told, untold = fitted(X, y, coarse={0}).posterior, fitted(X, y).posterior
    beyond = np.array([[0.8, 0.5]])
    assert told.means(beyond)[0, 0] < untold.means(beyond)[0, 0] - 0.3


def test_two_runs_in_one_dimension_are_enough():
    X, y = np.array([[0.2], [0.8]]), np.array([1.0, 2.0])
    means, sds = fitted(X, y).posterior.predict(np.array([[0.2], [0.8], [3.0]]))
    assert means[0, 0] < means[1, 0]
    assert np.all(np.isfinite(means))
    assert np.all(sds > 0)


def test_noise_free_duplicates_and_a_far_run_are_fitted():
    X = np.vstack([np.repeat(np.random.default_rng(0).random((5, 2)), 5, axis=0), [[40.0, -3.0]]])
    y = bowl(X)
    means, sds = fitted(X, y).posterior.predict(X)
    np.testing.assert_allclose(means[:25, 0], y[:25], atol=0.05 * y.std())
    assert np.all(sds > 0)


def test_pure_noise_is_told_from_a_function():
    told = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        told += fitted(rng.random((20, 2)), rng.standard_normal(20)).informative
        assert fitted(*runs(seed)).informative
    assert told <= 5


def test_predictions_away_from_the_runs_are_less_sure_than_the_likeliest_fit():
    X, y = runs(11, 16)
    surrogate = fitted(0.5 * X, y)
    there, reference = np.array([0.95, 0.95]), np.array([0.2, 0.2])
    predicted = surrogate.predict(there, reference)
    _, sds = surrogate.posterior.predict(there[None])
    assert predicted.sd > float(sds[0])
    assert 0.0 < predicted.probability_of_improvement < 1.0


def test_predictions_at_the_runs_hardly_depend_on_the_hyperparameters():
    X, y = runs(11, 30)
    surrogate = fitted(X, y)
    predicted = surrogate.predict(X[4], X[9])
    means, _ = surrogate.posterior.predict(X[[4, 9]])
    assert predicted.mean == pytest.approx(means[0, 0], abs=0.03)
    assert predicted.expected_improvement == pytest.approx(
        max(means[1, 0] - means[0, 0], 0.0), abs=0.03
    )


@pytest.mark.parametrize("n", [400, 1100])
def test_of_many_runs_some_stand_for_all(n):
    X, y = runs(12, n, noise=0.05)
    worst, best = int(np.argmax(y)), int(np.argmin(y))
    y[7] += 3.0
    surrogate = fitted(X, y)
    query = np.random.default_rng(2).random((50, 2))
    assert np.abs(surrogate.posterior.predict(query)[0][:, 0] - bowl(query)).max() < 0.1
    assert surrogate.informative
    assert not surrogate.flat.any()
    assert len(surrogate.leave_one_out_mean) == len(surrogate.discounted) == n
    residuals = (y - surrogate.leave_one_out_mean) / surrogate.leave_one_out_sd
    assert np.std(np.delete(residuals, 7)) == pytest.approx(1.0, abs=0.15)
    assert not surrogate.discounted[[worst, best]].any()
    assert surrogate.discounted.sum() <= 3


def test_of_very_many_runs_only_those_that_were_heard_can_be_believed_best(monkeypatch):
    monkeypatch.setattr("recommender.engine.surrogate.ACTIVE", 30)
    X, y = runs(3, 120)
    middle = int(np.argmin(bowl(X)))
    heard = np.delete(np.arange(120), middle)[::4]
    monkeypatch.setattr(
        "recommender.engine.surrogate.representative",
        lambda X, y, size: heard if len(y) > size else np.arange(len(y)),
    )
    surrogate = fitted(X, y)
    believed = surrogate.believable()
    assert middle in np.argsort(surrogate.posterior.means(X)[:, 0])[:3]
    assert middle not in believed
    assert len(believed) <= 30
    np.testing.assert_array_equal(surrogate.believable(np.array([middle])), [middle])


def test_a_bad_run_among_hundreds_is_discounted():
    X, y = runs(13, 400, noise=0.05)
    y[7] += 3.0
    assert np.flatnonzero(fitted(X, y).discounted).tolist() == [7]


class TestContext:
    """A context that sets the scale of the values must not look like room for improvement."""

    def rows(self):
        context = np.linspace(0.1, 0.9, 9)
        X = np.column_stack([np.full(9, 0.4), context])
        return X, 2.0 * context

    def chance(self, context, at):
        X, y = self.rows()
        surrogate = fit(X, y, np.arange(2), context=context)
        return surrogate.predict(np.array([0.7, at]), np.array([0.4, at]))

    def test_the_chance_to_improve_is_the_same_at_every_context(self):
        for at in (0.1, 0.5, 0.9):
            predicted = self.chance([1], at)
            assert predicted.probability_of_improvement == pytest.approx(0.5, abs=0.03)
            assert predicted.mean == pytest.approx(2.0 * at, abs=0.05)

    def test_without_a_component_of_its_own_a_high_value_seems_easy_to_improve(self):
        high, low = self.chance([], 0.9), self.chance([], 0.1)
        assert high.probability_of_improvement > low.probability_of_improvement + 0.05


def test_what_close_neighbours_share_is_taken_for_rough_and_what_they_do_not_for_noise():
    rough = noisy = 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        places = rng.random((20, 2))
        X = np.vstack([places, places + 0.01])
        trend, size = 2.0 * (X**2).sum(axis=1), 0.3
        steps = np.tile(size * rng.standard_normal(20), 2)
        shared = fitted(X, trend + steps + 0.02 * rng.standard_normal(40)).at_runs()
        rough += shared.noise < 0.25 * size**2
        noisy += fitted(X, trend + size * rng.standard_normal(40)).at_runs().noise > 0.5 * size**2
    assert min(rough, noisy) >= 7


def test_what_lies_off_is_taken_for_noise_where_nothing_else_tells():
    noisy = 0
    for seed in range(20):
        rng = np.random.default_rng(seed % 10)
        X = rng.random((20 if seed < 10 else 40, 2))
        y = 2.0 * (X**2).sum(axis=1) + 0.3 * rng.standard_normal(len(X))
        posterior = fitted(X, y).at_runs()
        noisy += posterior.noise > posterior.kernel.components[0].roughness
    assert noisy >= 18


def test_what_replicates_contradict_is_noise_and_not_known_where_it_was_run(rng):
    X = np.repeat(np.linspace(0.0, 1.0, 15)[:, None], 3, axis=0)
    truth = np.sin(3.0 * X[:, 0])
    y = truth + 0.2 * rng.standard_normal(len(X))
    posterior = fitted(X, y).at_runs()
    assert np.abs(posterior.means(X)[:, 0] - truth).max() < 0.2
    assert posterior.noise == pytest.approx(0.04, rel=0.5)


@pytest.mark.parametrize("n", [60, 150, 400])
@pytest.mark.parametrize("seed", range(3))
def test_of_many_runs_the_bad_ones_are_discounted_and_the_sound_ones_beside_them_are_not(seed, n):
    rng = np.random.default_rng(seed)
    X = rng.random((n, 2))
    y = np.sin(6.0 * X[:, 0]) + (X[:, 1] - 0.3) ** 2 + 0.02 * rng.standard_normal(n)
    bad = rng.random(n) < 0.05
    y[bad] += rng.uniform(2.0, 8.0, int(bad.sum())) * y.std()
    fitted = fit(X, y, np.arange(2))
    np.testing.assert_array_equal(fitted.discounted, bad)
    assert not fitted.too_good.any()
