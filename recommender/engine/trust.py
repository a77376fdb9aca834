"""How far a batch may go beyond what has been run.

An acquisition function climbs into the corners of the box along every parameter that looks flat,
because that is where the least is known; and a Gaussian process extrapolates a trend for as long
as the box lasts. A careful person takes smaller steps, and so does a batch: half way from what was
run to the bound, further with the next batch if it pays.
"""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np
import numpy.typing as npt

from recommender.engine.encoding import Encoding, Region
from recommender.engine.rounding import short
from recommender.run import Params
from recommender.space import Categorical, Integer

Array = npt.NDArray[np.float64]

CLOSE = 0.1  # of a parameter's range: from there a batch may go all the way to the bound


def trusted(
    encoding: Encoding, region: Region, X: Array, reference: Params, flat: Collection[str]
) -> Region:
    """Return the part of a region that a batch may use.

    A numeric parameter may go half way from the runs X (n, D) to its bound; one that cannot be
    told from flat, half way from its value in `reference`. Where there are few levels each may be
    tried, as each choice may. What the caller fixed or narrowed stays as the caller said.
    """
    within = dict(region.within)
    for index, parameter in enumerate(encoding.space):
        name = parameter.name
        if isinstance(parameter, Categorical) or name in region.fixed or name in within:
            continue
        if index in encoding.coarse:
            continue
        column = encoding.columns[name]
        run = np.clip(X[:, column], 0.0, 1.0)
        low, high = _half_way(float(run.min())), 1.0 - _half_way(1.0 - float(run.max()))
        if name in flat:
            here = float(np.clip(encoding.encode([reference])[0, column], 0.0, 1.0)[0])
            low, high = max(low, here / 2.0), min(high, (1.0 + here) / 2.0)
        lowest, highest = float(parameter.low), float(parameter.high)
        ends = [encoding.value(name, end) for end in (low, high)]
        if isinstance(parameter, Integer):
            ends = [math.floor(ends[0]), math.ceil(ends[1])]
        else:
            ends = [short(parameter, end, encoding) for end in ends]
        within[name] = (lowest if low == 0.0 else ends[0], highest if high == 1.0 else ends[1])
    return Region(region.fixed, within)


def _half_way(gap: float) -> float:
    return gap / 2.0 if gap > CLOSE else 0.0
