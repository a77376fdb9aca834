"""The errors of this package: one root, so that a caller can catch all of them.

RecommenderError            the work could not be done
├── UsageError              the caller asked for something that is not allowed
│   ├── SpaceError          a parameter, a bound or a value of one
│   └── ConfigError         the sweep file or the job template
├── TableError              a table of past runs that cannot be read
├── HistoryError            the ledgers in `history/` cannot be read or written
├── JobError                a job file cannot be written
└── ConflictError           two statements contradict each other; a person must decide

A message says where, what, what is allowed, and what to do. The command line turns an
error into an exit status in one place, `recommender.cli.main`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class RecommenderError(Exception):
    """The root of every error that this package raises on purpose."""


class UsageError(RecommenderError):
    """The caller asked for something that is not allowed."""


class SpaceError(UsageError):
    """A parameter declaration, or a value given for a parameter, is not allowed.

    `problem` is the message without the parameter's name; `key` is the part of a declaration that
    is wrong (`low`, `choices`), or empty.
    """

    def __init__(self, problem: str, *, parameter: str = "", key: str = "") -> None:
        super().__init__(f"parameter {parameter}: {problem}" if parameter else problem)
        self.problem = problem
        self.key = key


class ConfigError(UsageError):
    """The sweep file or the job template is missing, unreadable or wrong."""


class TableError(RecommenderError):
    """A table of past runs cannot be read at all."""


class HistoryError(RecommenderError):
    """A ledger cannot be read or written."""


class JobError(RecommenderError):
    """A job file cannot be written."""


class ConflictError(RecommenderError):
    """Two statements about one run contradict each other; a person must decide."""


def did_you_mean(name: object, allowed: Iterable[str]) -> str:
    """Return `"; did you mean 'x'?"` for the nearest allowed name, or an empty string."""
    by_folded = {other.casefold(): str(other) for other in allowed}
    nearest = difflib.get_close_matches(str(name).casefold(), list(by_folded), n=1, cutoff=0.6)
    return f"; did you mean {by_folded[nearest[0]]!r}?" if nearest else ""
