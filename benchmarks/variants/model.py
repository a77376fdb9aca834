"""Other kernels and priors of the Gaussian process.

Symbols: r2 (n, m) are squared distances in length scales.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import numpy.typing as npt
from skopt.learning.gaussian_process.kernels import ConstantKernel, Matern

from recommender.engine import surrogate
from recommender.engine.kernel import ROUGH, Kernel
from recommender.engine.likelihood import Components, Priors

Array = npt.NDArray[np.float64]


def matern(r2: Array) -> Array:
    """Return the Matern 5/2 correlation (Rasmussen & Williams 2006, eq. 4.17)."""
    s = np.sqrt(5.0 * r2)
    return np.asarray((1.0 + s + s * s / 3.0) * np.exp(-s))


def matern_slope(r2: Array, covariance: Array) -> Array:
    """Return the derivative with respect to r2 of a covariance so correlated."""
    s = np.sqrt(5.0 * r2)
    return np.asarray(-(5.0 / 6.0) * (1.0 + s) / (1.0 + s + s * s / 3.0) * covariance)


def matern_of_skopt(kernel: Kernel) -> Any:
    """Return the same covariance function as a kernel of skopt; no task here has a context."""
    (component,) = kernel.components

    def of(variance: float, lengthscales: Array) -> Any:
        scale = ConstantKernel(variance, constant_value_bounds="fixed")
        return scale * Matern(lengthscales, length_scale_bounds="fixed", nu=2.5)

    smooth = of(component.variance, component.lengthscales)
    if not component.roughness:
        return smooth
    return smooth + of(component.roughness, ROUGH * component.lengthscales)


def unaware_of_few_levels(
    X: Array, y: Array, groups: npt.NDArray[np.intp], **options: Any
) -> surrogate.Surrogate:
    """Fit to runs whose parameters all have many levels."""
    return surrogate.fit(X, y, groups, **{**options, "coarse": ()})


def priors(
    length_sd: float | None = None, noise: tuple[float, float] | None = None
) -> dict[str, Any]:
    """Replace the length scales' standard deviation or the noise's mean and that, all in log."""
    own = Priors.of

    def of(cls: type[Priors], components: Components, coarse: Collection[int] = ()) -> Priors:
        found = own(components, coarse)
        mean, sd = found.mean.copy(), found.sd.copy()
        if length_sd is not None:
            sd[: len(components[0])] = length_sd
        if noise is not None:
            mean[-1], sd[-1] = noise
        return cls(mean, sd)

    return {"likelihood.Priors.of": classmethod(of)}
