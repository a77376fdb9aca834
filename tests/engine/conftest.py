import numpy as np
import pytest

from recommender.engine.threads import one_thread


@pytest.fixture(scope="session", autouse=True)
def one_blas_thread():
    """Hold to one thread, as the engine does, what tests call below the place that does so."""
    with one_thread():
        yield


@pytest.fixture
def difference_gradient():
    """Central differences of a scalar function, the independent oracle of every gradient."""

    def gradient(function, x, step=1e-6):
        result = np.empty(len(x))
        for index in range(len(x)):
            up, down = x.copy(), x.copy()
            up[index] += step
            down[index] -= step
            result[index] = (function(up) - function(down)) / (2.0 * step)
        return result

    return gradient


@pytest.fixture
def rng():
    return np.random.default_rng(7)
