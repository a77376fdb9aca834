"""Many processes at one history, whatever keeps it: each opens it by a function it is given."""

from __future__ import annotations

import gc
import multiprocessing
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from recommender.campaign import proposing
from recommender.campaign.project import Project
from recommender.errors import ConflictError
from recommender.records import Records, check_event
from tests.reliability.worker import PARAMETERS, result

OpenRecords = Callable[[], Records]
"""Opens a history whose parameters are `worker.PARAMETERS`, in the process that calls it."""


@dataclass(frozen=True)
class Race:
    """What was acknowledged, and the seconds that each acknowledgement took."""

    acknowledged: list[str]
    seconds: list[float]


def race(processes: int, work: Callable[[int], list[tuple[str, float]]]) -> Race:
    """Run `work(0)`, `work(1)`, ... at once, each in a process of its own."""
    context = multiprocessing.get_context("fork")
    start = context.Barrier(processes)
    answers: Any = context.SimpleQueue()

    def run(worker: int) -> None:
        start.wait(60)
        answers.put(work(worker))

    gc.freeze()  # or every worker would look for garbage among all that pytest has loaded
    workers = [context.Process(target=run, args=(worker,)) for worker in range(processes)]
    for each in workers:
        each.start()
    told: list[tuple[str, float]] = []
    try:
        for _ in workers:
            while answers.empty():
                assert all(each.exitcode in (None, 0) for each in workers), "a worker failed"
                time.sleep(0.01)
            told += answers.get()
    finally:
        gc.unfreeze()
        for each in workers:
            each.join(60)
    return Race([id for id, _ in told], [seconds for _, seconds in told])


def record_race(open_records: OpenRecords, processes: int, each: int) -> Race:
    """Let every process record `each` results, and check that none is lost, doubled or changed."""

    def work(worker: int) -> list[tuple[str, float]]:
        records = open_records()
        told = []
        for number in range(each):
            # Every worker brings a metric of its own now and then, which rewrites a file.
            second = f"m{worker}" if number % 5 == 0 else "NMI"
            event = result(f"w{worker}-{number}", loss=number / 7, **{second: worker / 7})
            began = time.perf_counter()
            with records.writing() as writer:
                new = check_event(writer.find(id=event.id), event)
                assert new is not None
                writer.append_events([new])
            told.append((event.id, time.perf_counter() - began))
        return told

    done = race(processes, work)
    folded = open_records().read()
    assert folded.conflicts == ()
    assert Counter(event.id for event in folded.events) == Counter(done.acknowledged)
    assert len({*done.acknowledged}) == processes * each
    for run in folded.history.runs:
        worker, number = run.id.removeprefix("w").split("-")
        second = f"m{worker}" if int(number) % 5 == 0 else "NMI"
        assert run.metrics == {"loss": int(number) / 7, second: int(worker) / 7}
    return done


def same_run_race(open_records: OpenRecords, processes: int) -> None:
    """Let every process give one run another loss: one is believed, the others are told."""

    def work(worker: int) -> list[tuple[str, float]]:
        records = open_records()
        with records.writing() as writer:
            try:
                new = check_event(writer.folded, result("run-1", loss=float(worker)))
            except ConflictError:
                return []
            assert new is not None
            writer.append_events([new])
        return [(str(worker), 0.0)]

    (winner,) = race(processes, work).acknowledged
    (event,) = open_records().read().events
    assert event.metrics == {"loss": float(winner)}


class _StandIn:
    """An engine that always proposes the same, so that only the numbers tell runs apart."""

    def ask(self, n: int, **_: object) -> list[SimpleNamespace]:
        params = dict.fromkeys(PARAMETERS, 0.5)
        same = {"params": params, "role": "explore", "reason": "", "mean": None, "sd": None}
        improvement = {"expected_improvement": None, "probability_of_improvement": None}
        return [SimpleNamespace(**same, **improvement) for _ in range(n)]


def batch_race(open_project: Callable[[], Project], processes: int, each: int, n: int) -> Race:
    """Let every process propose `each` batches of n, and check that no two runs are one.

    The parameters of the project are `worker.PARAMETERS`. The engine stands in for the real one.
    """

    def work(_: int) -> list[tuple[str, float]]:
        project = open_project()
        proposing.recommender_for = lambda *_: _StandIn()  # type: ignore[assignment,return-value]
        told = []
        for _ in range(each):
            began = time.perf_counter()
            batch = proposing.propose(project, n, fix={}, within={}, seed=0, now="")
            seconds = time.perf_counter() - began
            told += [(proposal.id, seconds) for proposal in batch.proposals]
        return told

    done = race(processes, work)
    project = open_project()
    proposals = project.records.read().proposals
    assert Counter(proposal.id for proposal in proposals) == Counter(done.acknowledged)
    assert len({*done.acknowledged}) == processes * each * n
    assert Counter(proposal.batch for proposal in proposals) == dict.fromkeys(
        range(1, processes * each + 1), n
    )
    for proposal in proposals:
        head = project.job_path(proposal.id).read_text().splitlines()[0]
        assert head.startswith(f"# {proposal.id}, batch {proposal.batch}:")
    return done
