"""Many processes at once on one history, wherever it is kept."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from pathlib import Path

from recommender.records import Event, check_event, open_records
from recommender.run import Proposal, Status, next_number, run_id

PARAMETERS = ("lr", "t")


def run_all(target: Callable[..., None], arguments: list[tuple[object, ...]]) -> None:
    """Call `target` in a process for each of the arguments, and check that all went well."""
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=target, args=each) for each in arguments]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0] * len(workers)


def record_many(place: str, folder: Path, worker: int, count: int) -> None:
    """Record `count` results; every worker brings a metric of its own now and then."""
    records = open_records(place, folder, PARAMETERS)
    for number in range(count):
        metrics = {"loss": number / 7, f"m{worker}" if number % 5 == 0 else "NMI": 0.5}
        params = {"lr": 0.25, "t": 0.75}
        result = Event(
            id=f"w{worker}-{number}", status=Status.COMPLETED, params=params, metrics=metrics
        )
        with records.writing() as writer:
            new = check_event(writer.find(id=result.id), result)
            assert new is not None
            writer.append_events([new])


def check_recorded(place: str, folder: Path, workers: int, count: int) -> None:
    """Check that of what `record_many` recorded nothing is lost, doubled or changed."""
    folded = open_records(place, folder, PARAMETERS).read()
    assert folded.conflicts == ()
    ids = {f"w{worker}-{number}" for worker in range(workers) for number in range(count)}
    assert {run.id for run in folded.history.runs} == ids
    assert len(folded.events) == len(ids)
    assert all(run.metrics["loss"] == int(run.id.split("-")[1]) / 7 for run in folded.history.runs)


def propose_many(place: str, folder: Path, worker: int, count: int, size: int) -> None:
    """Propose `count` batches of that size, each of what nobody proposed before."""
    records = open_records(place, folder, PARAMETERS)
    for _ in range(count):
        with records.proposing(lambda: None):
            seen = records.read()
            first = next_number([run.id for run in seen.history.runs])
            proposals = []
            for number in range(first, first + size):
                params = {"lr": 1 / number, "t": 0.9}
                proposals.append(
                    Proposal(
                        id=run_id(number, params),
                        batch=len(seen.proposals) // size,
                        proposed_at="",
                        params=params,
                        metric="loss",
                        role="explore",
                        reason=f"worker {worker}",
                    )
                )
            with records.writing() as writer:
                assert len(writer.folded.proposals) == len(seen.proposals)
                writer.append_proposals(proposals)


def check_proposed(place: str, folder: Path, batches: int, size: int) -> None:
    """Check that of what `propose_many` proposed nothing is lost, doubled or mixed up."""
    proposals = open_records(place, folder, PARAMETERS).read().proposals
    assert len({proposal.id for proposal in proposals}) == len(proposals) == batches * size
    assert [proposal.batch for proposal in proposals] == [
        batch for batch in range(batches) for _ in range(size)
    ]
