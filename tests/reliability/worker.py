"""What a worker process does to a history: `python -S worker.py PACKAGE_FOLDER ACTION PLACE`.

PLACE is a folder, or the URL of a database, for which `-S` must be left out. The worker loads
`recommender.records` alone, so that to start one, and kill it, costs little. It writes `ready`
before it begins, and `acknowledged ID` for everything that it was told is safe.
"""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])

from recommender.errors import RecommenderError
from recommender.records import Event, Records, check_event, open_records
from recommender.run import Proposal, Status

PARAMETERS = ("lr", "t")
BACKFILL = {"t": 0.9}


def result(id: str, **metrics: float) -> Event:
    return Event(
        id=id,
        status=Status.COMPLETED,
        params={"lr": 0.25, "t": 0.75},
        metrics=metrics,
        note="two, words",
    )


def proposal(id: str, batch: int = 1) -> Proposal:
    return Proposal(
        id=id,
        batch=batch,
        proposed_at="",
        params={"lr": 0.25, "t": 0.75},
        metric="loss",
        role="explore",
        reason="far from all, and cheap",
    )


def record(records: Records, *events: Event) -> list[str]:
    """Record what is not recorded yet, and return the ids of all."""
    with records.writing() as writer:
        new = [check_event(writer.folded, event) for event in events]
        writer.append_events([event for event in new if event is not None])
    return [event.id for event in events]


def propose(records: Records, *proposals: Proposal) -> list[str]:
    """Append the proposals that do not stand there yet, and return the ids of all."""
    with records.writing() as writer:
        known = {each.id for each in writer.folded.proposals}
        writer.append_proposals([each for each in proposals if each.id not in known])
    return [each.id for each in proposals]


ACTIONS: dict[str, Callable[[Records], list[str]]] = {
    "record": lambda records: record(records, result("run-2", loss=0.48)),
    "record-new-metric": lambda records: record(records, result("run-2", NMI=0.48)),
    "record-unlocked": lambda records: record(records, result("run-2", loss=0.48)),
    "propose": lambda records: propose(records, proposal("run-2"), proposal("run-3")),
}


def without_end(records: Records) -> Iterator[list[str]]:
    """Record one result after the other; every tenth brings a metric of its own."""
    for number in count():
        id = f"w{os.getpid()}-{number}"
        metrics = {"loss": 0.5, f"m{id}" if number % 10 == 9 else "NMI": number / 7}
        yield record(records, result(id, **metrics))


def paused(records: Records) -> Iterator[list[str]]:
    """Record two results, and stop while holding the lock for the second until told to go on."""
    yield record(records, result("run-1", loss=0.5))
    with records.writing() as writer:
        _ = writer.folded
        os.kill(os.getpid(), signal.SIGSTOP)
        writer.append_events([result("run-9", loss=0.9)])
    yield ["run-9"]


def cannot_lock(*_: object) -> None:
    raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))


def main(action: str, place: str) -> None:
    if action == "record-unlocked":
        fcntl.flock = cannot_lock
    records = open_records(place, Path(), PARAMETERS, BACKFILL)
    os.write(1, b"ready\n")
    try:
        several = {"without-end": without_end, "paused": paused}
        done = several[action](records) if action in several else [ACTIONS[action](records)]
        for ids in done:
            os.write(1, "".join(f"acknowledged {id}\n" for id in ids).encode())
    except RecommenderError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[2], sys.argv[3])
