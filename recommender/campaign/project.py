"""A project folder, opened: its sweep file checked, its history at hand."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from recommender.config import SWEEP_FILE, SweepConfig, find_project, load_sweep
from recommender.errors import ConfigError, ConflictError
from recommender.records import RESERVED, Event, FileRecords, Folded, Records, Writer
from recommender.run import Proposal

JOBS_FOLDER = Path("configs", "jobs")
HISTORY_FOLDER = Path("history")


@dataclass(frozen=True, slots=True)
class Project:
    """The folder that holds a sweep: `configs/` and `history/`."""

    folder: Path
    config: SweepConfig
    records: Records

    @classmethod
    def open(cls, named: Path | None, here: Path) -> Project:
        """Open the project that the user named, or else the nearest one from `here` upward.

        Raises:
            ConfigError: there is no project, or its sweep file is wrong.
        """
        if named is not None and not os.access(named / SWEEP_FILE, os.F_OK):
            raise ConfigError(
                f"{named} holds no {SWEEP_FILE}; name the folder that holds configs/, or make one "
                "with `recommend init`"
            )
        folder = named if named is not None else find_project(here)
        config = load_sweep(folder / SWEEP_FILE, RESERVED)
        return cls(folder, config, FileRecords(folder / HISTORY_FOLDER, config.space.names))

    def read(self) -> Folded:
        """Return what the history says, which must not contradict itself.

        Raises:
            ConflictError: two rows contradict each other, as after a merge of two branches.
            HistoryError: a ledger cannot be read.
        """
        folded = self.records.read()
        if folded.conflicts:
            raise ConflictError("\n".join(conflict.message for conflict in folded.conflicts))
        return folded

    @contextlib.contextmanager
    def writing(self, *, dry_run: bool) -> Iterator[Writer]:
        """Hold the write lock; in a dry run only look, and leave no trace.

        Raises:
            HistoryError: the lock cannot be had, or a ledger not be read.
        """
        if dry_run:
            yield _Onlooker(self.records.read())
            return
        with self.records.writing() as writer:
            yield writer

    def job_path(self, id: str) -> Path:
        """Return where the job file of a proposal stands."""
        return self.folder / JOBS_FOLDER / f"{id}.yaml"

    def shown(self, path: Path) -> str:
        """Return a path as it is shown to people: from the project folder on."""
        return path.relative_to(self.folder).as_posix()


@dataclass(frozen=True, slots=True)
class _Onlooker:
    """Sees what a writer sees, and writes nothing. Implements `Writer`."""

    folded: Folded

    def append_events(self, events: Sequence[Event], metrics: Iterable[str] = ()) -> None:
        pass

    def append_proposals(self, proposals: Sequence[Proposal]) -> None:
        pass
