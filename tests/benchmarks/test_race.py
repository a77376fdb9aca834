import subprocess
import sys

import pytest

from benchmarks import peers, race
from benchmarks.peers.chance import Random
from benchmarks.results import CHECKPOINTS, Key, Row, append, read
from benchmarks.tasks import load
from benchmarks.tasks.task import sobol
from benchmarks.world import CONDITIONS, World


def command(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["race", *map(str, arguments)])
    race.main()


@pytest.fixture
def out(tmp_path, monkeypatch):
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(name, "1")
    return tmp_path / "race.csv"


def test_a_race_goes_on_where_it_stopped(out, monkeypatch, capsys):
    chosen = ("--tasks", "branin", "--peers", "random", "recommender", "--jobs", 1, "--out", out)
    command(monkeypatch, *chosen, "--seeds", 1)
    first = out.read_text(encoding="utf-8")
    assert [row.key.peer for row in read(out)] == ["random", "recommender"]
    assert all(len(row.regrets) == len(CHECKPOINTS) and not row.error for row in read(out))
    command(monkeypatch, *chosen, "--seeds", 1)
    assert out.read_text(encoding="utf-8") == first
    command(monkeypatch, *chosen[:3], *chosen[4:], "--seeds", 2)
    assert out.read_text(encoding="utf-8").startswith(first)
    assert [row.key.seed for row in read(out)] == [0, 0, 1]
    assert "2 done, 0 left" in capsys.readouterr().out


def test_to_list_what_would_run_again_takes_nothing_out(out, monkeypatch, capsys):
    chosen = ("--tasks", "branin", "--peers", "random", "--seeds", 1, "--jobs", 1, "--out", out)
    command(monkeypatch, *chosen)
    before = out.read_text(encoding="utf-8")
    command(monkeypatch, *chosen, "--again", "--list")
    assert out.read_text(encoding="utf-8") == before
    assert "0 done, 1 left" in capsys.readouterr().out


def test_what_a_peer_raises_is_recorded(monkeypatch):
    class Breaks(Random):
        def ask(self, n):
            if len(self.results) >= 20:
                raise ValueError("the covariance is\nnot positive definite")
            return super().ask(n)

    monkeypatch.setattr(peers, "make", lambda name, space, seed: Breaks(space, seed))
    row = race.race(load("branin"), CONDITIONS["base"], "random", 0)
    assert row.error == "ValueError: the covariance is"
    assert len(row.regrets) == 1
    assert row.luckiest is None


@pytest.mark.parametrize("row", [
    Row(Key("base", "branin", "random", 3), (0.5, 0.25, 0.125, 0.0), 0.5, 1.25),
    Row(Key("base", "branin", "ax", 0), (0.5,), None, 0.5, "ValueError: a, b"),
])  # fmt: skip
def test_a_row_reads_back_as_it_was_written(out, row):
    append(out, row)
    append(out, row)
    assert read(out) == [row, row]


def test_only_finished_runs_can_be_recommended(monkeypatch):
    class Elsewhere(Random):
        def best(self):
            return {"a": 0.0, "b": 0.0}

    monkeypatch.setattr(peers, "make", lambda name, space, seed: Elsewhere(space, seed))
    assert "no finished run" in race.race(load("branin"), CONDITIONS["base"], "x", 0).error


@pytest.mark.parametrize(("condition", "late"), [("base", 0), ("pending-4", 4)])
def test_results_arrive_as_late_as_the_condition_says(condition, late, monkeypatch):
    waiting = []

    class Watched(Random):
        def ask(self, n):
            waiting.append(8 + 4 * len(waiting) - len(self.results))
            return super().ask(n)

    monkeypatch.setattr(peers, "make", lambda name, space, seed: Watched(space, seed))
    assert not race.race(load("branin"), CONDITIONS[condition], "random", 0).error
    assert waiting == [0, *[late] * 7]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", peers.PEERS)
def test_every_peer_that_is_installed_asks_tells_and_recommends(name):
    if absent := peers.missing(name):
        pytest.skip(f"{', '.join(absent)} is not installed")
    task = load("ackley-mixed5")
    peer = peers.make(name, task.space, 0)
    world = World(task, CONDITIONS["base"], 0)
    told = [(params, world.run(params)) for params in sobol(task.space, 8, 0)]
    peer.tell([*told[:-1], (told[-1][0], None)])
    asked = peer.ask(4)
    assert [task.space.contains(params) for params in asked] == [True] * 4
    assert peer.best() in [params for params, _ in told[:-1]]


def test_the_same_seed_gives_the_same_race_in_another_process():
    proposals = (
        "from benchmarks import peers\n"
        "from benchmarks.tasks import load\n"
        "from benchmarks.tasks.task import sobol\n"
        "task = load('ackley-mixed5')\n"
        "peer = peers.make('recommender', task.space, 3)\n"
        "peer.tell([(params, task.truth(params)) for params in sobol(task.space, 16, 3)])\n"
        "for _ in range(2):\n"
        "    asked = peer.ask(4)\n"
        "    print([float(v).hex() for p in asked for v in p.values() if not isinstance(v, str)])\n"
        "    peer.tell([(params, task.truth(params)) for params in asked])\n"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", proposals], capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    }
    assert len(said) == 1
    assert said.pop().count("0x") >= 8


@pytest.mark.filterwarnings("ignore")
def test_botorch_knows_all_pending_runs_at_every_pick_of_a_batch(monkeypatch):
    if absent := peers.missing("botorch"):
        pytest.skip(f"{', '.join(absent)} is not installed")
    from benchmarks.peers import botorch

    known = []
    maximise = botorch.optimize_acqf

    def watched(acquisition, *args, **kwargs):
        known.append(len(acquisition.X_baseline))
        return maximise(acquisition, *args, **kwargs)

    monkeypatch.setattr(botorch, "optimize_acqf", watched)
    task = load("branin")
    peer = peers.make("botorch", task.space, 0)
    peer.tell([(params, task.truth(params)) for params in sobol(task.space, 8, 0)])
    peer.ask(2)
    peer.ask(2)
    assert [more - known[0] for more in known] == [0, 1, 2, 3]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["optuna-tpe", "optuna-gp"])
def test_optuna_uses_its_model_however_many_of_the_start_diverged(name, monkeypatch):
    if absent := peers.missing(name):
        pytest.skip(f"{', '.join(absent)} is not installed")
    import optuna

    def at_random(*_):
        raise AssertionError("a start-up trial")

    monkeypatch.setattr(optuna.samplers.RandomSampler, "sample_independent", at_random)
    task = load("branin")
    peer = peers.make(name, task.space, 0)
    start = sobol(task.space, 8, 0)
    peer.tell([(params, None if n > 1 else task.truth(params)) for n, params in enumerate(start)])
    assert len(peer.ask(4)) == 4
