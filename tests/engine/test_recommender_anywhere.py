"""Whatever the space and the history: no error, and suggestions that keep the promises."""

import math

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recommender import Categorical, Integer, Real, Recommender

KINDS = [
    lambda name: Real(name, -1.3, 2.7),
    lambda name: Real(name, 1.234e-5, 0.0987654321, scale="log"),
    lambda name: Integer(name, 1, 3),
    lambda name: Integer(name, 1, 300, scale="log"),
    lambda name: Categorical(name, ["x", 2, 0.5]),
]


def value_of(draw, parameter, *, inside=False):
    if isinstance(parameter, Categorical):
        choices = parameter.choices if inside else (*parameter.choices, "gone")
        return draw(st.sampled_from(choices))
    reach = [0.0, 0.5, 1.0] if inside else [0.0, 0.3, 0.5, 1.0, 1.003, 1.4]
    place = draw(st.one_of(st.sampled_from(reach), st.floats(0, 1)))
    low, high = parameter.low, parameter.high
    value = low * (high / low) ** place if parameter.scale == "log" else low + place * (high - low)
    if isinstance(parameter, Integer):
        return round(value)
    return min(max(value, low), high) if inside else value


@st.composite
def situations(draw):
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=4))
    parameters = [kind(f"p{index}") for index, kind in enumerate(kinds)]
    context = ["p0"] if len(parameters) > 1 and draw(st.integers(0, 3)) == 0 else []
    values = st.one_of(
        st.sampled_from([0.0, 0.5, 1e8, -1e8, 1e30, 1e-8]), st.floats(-3, 3), st.floats(-1e6, 1e6)
    )
    runs = []
    for _ in range(draw(st.integers(0, 14))):
        if runs and draw(st.integers(0, 4)) == 0:
            params = draw(st.sampled_from(runs))[0]
        else:
            params = {p.name: value_of(draw, p) for p in parameters}
        status = draw(st.sampled_from(["completed"] * 6 + ["diverged", "crashed", "pending"]))
        runs.append((params, draw(values) if status == "completed" else None, status))
    fix, within = {}, {}
    for parameter in parameters:
        use = draw(st.sampled_from(["free", "free", "free", "fix", "within"]))
        if use == "fix":
            fix[parameter.name] = value_of(draw, parameter, inside=True)
        elif use == "within" and not isinstance(parameter, Categorical):
            ends = [value_of(draw, parameter, inside=True) for _ in range(2)]
            within[parameter.name] = (min(ends), max(ends))
    return parameters, context, runs, fix, within, draw(st.integers(1, 3))


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(situations())
def test_any_history_gives_a_batch_that_keeps_its_promises(situation):
    parameters, context, runs, fix, within, n = situation
    recommender = Recommender(parameters, context=context)
    for params, value, status in runs:
        recommender.tell(params, value, status=status)
    known = [params for params, _, status in runs if status != "crashed"]
    batch = recommender.ask(n, fix=fix, within=within)
    assert len(batch) == n
    for suggestion in batch:
        assert list(suggestion) == [p.name for p in parameters]
        assert recommender.space.contains(suggestion.params)
        assert all(suggestion[name] == value for name, value in fix.items())
        assert all(low <= suggestion[name] <= high for name, (low, high) in within.items())
        assert all(type(value) in (float, int, str) for value in suggestion.values())
        if suggestion.role != "replicate":
            assert suggestion.params not in known
        known.append(suggestion.params)
        if suggestion.mean is not None:
            assert math.isfinite(suggestion.mean)
            assert 0 < suggestion.sd < math.inf
            assert 0 <= suggestion.expected_improvement < math.inf
            assert 0 <= suggestion.probability_of_improvement <= 1
    for best in (recommender.best(), *recommender.best_by_context()):
        assert best is None or best.params in [params for params, _, _ in runs]
