"""A project folder, opened: its sweep file checked, its history at hand."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from recommender.config import SWEEP_FILE, SweepConfig, find_project, load_sweep
from recommender.errors import ConfigError, ConflictError, UsageError, did_you_mean
from recommender.history_url import EXAMPLES, is_url
from recommender.records import RESERVED, Folded, Records, open_records

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

        Its history is where RECOMMEND_HISTORY says, else the sweep file, else in its own files.

        Raises:
            ConfigError: there is no project, or its sweep file is wrong.
            UsageError: the URL of the history is none that can be used.
            HistoryError: a package that a database needs is not installed.
        """
        if named is not None and not os.access(named / SWEEP_FILE, os.F_OK):
            raise ConfigError(
                f"{named} holds no {SWEEP_FILE}; name the folder that holds configs/, or make one "
                "with `recommend init`"
            )
        folder = named if named is not None else find_project(here)
        config = load_sweep(folder / SWEEP_FILE, RESERVED)
        named_history = os.environ.get("RECOMMEND_HISTORY", "")
        if named_history and not is_url(named_history):
            raise UsageError(f"RECOMMEND_HISTORY is not the URL of a database; write {EXAMPLES}")
        place = named_history or config.history or str(HISTORY_FOLDER)
        records = open_records(place, folder, config.space.names, config.backfill)
        return cls(folder, config, records)

    def read(self) -> Folded:
        """Return what the history says, which must not contradict itself.

        Raises:
            ConfigError: the objective looks like a misspelt metric of the history.
            ConflictError: two rows contradict each other, as after a merge of two branches.
            HistoryError: a ledger cannot be read.
        """
        folded = self.records.read()
        if folded.conflicts:
            raise ConflictError("\n".join(conflict.message for conflict in folded.conflicts))
        metric = self.config.objective.metric
        hint = did_you_mean(metric, folded.metrics)
        if metric not in folded.metrics and hint:
            raise ConfigError(
                f"{self.shown(self.config.path)}: objective.metric: there is no column {metric!r} "
                f"in {self.records.results}. If it is a new metric, record a first value of it, "
                f"or add its column before `note`{hint}"
            )
        return folded

    def job_path(self, id: str) -> Path:
        """Return where the job file of a proposal stands."""
        return self.folder / JOBS_FOLDER / f"{id}.yaml"

    def shown(self, path: Path) -> str:
        """Return a path as it is shown to people: from the project folder on."""
        return Path(os.path.relpath(path, self.folder)).as_posix()
