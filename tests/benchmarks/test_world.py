import pytest

from benchmarks.tasks import load
from benchmarks.tasks.task import sobol
from benchmarks.world import CONDITIONS, World


def runs_of(condition, n=200, task="branin", seed=0):
    world = World(load(task), CONDITIONS[condition], seed)
    at = load(task).scale.at
    return [world.run(at) for _ in range(n)], load(task).scale


def test_the_same_run_has_the_same_noise_whoever_proposed_it():
    assert runs_of("noise-20")[0] == runs_of("noise-20")[0]
    assert runs_of("noise-20")[0] != runs_of("noise-20", seed=1)[0]


def test_noise_is_in_spreads():
    values, scale = runs_of("noise-20", n=2000)
    assert (sum((v - scale.best) ** 2 for v in values) / 2000) ** 0.5 == pytest.approx(
        0.2 * scale.spread, rel=0.1
    )
    values, scale = runs_of("noise-0")
    assert values == pytest.approx([scale.best] * len(values), abs=1e-6)


def test_bad_rows_are_rare_and_on_the_bad_side():
    values, scale = runs_of("bad-rows-5", n=2000)
    off = [v for v in values if abs(v - scale.best) > scale.spread]
    assert all(v > scale.best + scale.spread for v in off)
    assert len(off) / 2000 == pytest.approx(0.05, abs=0.02)


def test_whoever_is_told_of_the_bad_rows_gets_all_other_results_alike():
    silent, _ = runs_of("bad-rows-5")
    told, scale = runs_of("bad-rows-5-told")
    assert None in told
    off = [abs(value - scale.best) > scale.spread for value in silent]
    assert told == [None if bad else value for value, bad in zip(silent, off, strict=True)]


@pytest.mark.parametrize("task", ["branin", "ackley-mixed5", "twin-2"])
@pytest.mark.parametrize("seed", range(3))
def test_a_tenth_of_the_space_diverges_and_the_optimum_does_not(task, seed):
    world = World(load(task), CONDITIONS["diverging-10"], seed)
    assert world.run(load(task).scale.at) is not None
    lost = [world.run(params) is None for params in sobol(load(task).space, 512, 9)]
    assert sum(lost) / 512 == pytest.approx(0.1, abs=0.05)
