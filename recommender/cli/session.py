"""What the commands share: the project, the time, where output goes, how options are read."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from recommender.campaign.project import Project
from recommender.errors import UsageError

PIPED_WIDTH = 160

Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document instead of text, none on an error.")
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print the bare answer, no messages or warnings.")
]
Metric = Annotated[
    str | None,
    typer.Option("--metric", metavar="NAME", help="A metric that runs have; else the objective."),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show what would be done, and write nothing.")
]


@dataclass(frozen=True, slots=True)
class Session:
    """One call of the command line."""

    project_folder: Path | None

    def project(self) -> Project:
        """Open the project that this call is about."""
        return Project.open(self.project_folder, Path.cwd())

    @property
    def folder(self) -> Path:
        """The folder where a new project would be."""
        return self.project_folder or Path.cwd()


def now() -> str:
    """Return the time in UTC; fine enough that no two commands share it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def answers() -> Console:
    """Return the console of the answer: standard output, wide when nobody's terminal bounds it."""
    width = None if sys.stdout.isatty() else PIPED_WIDTH
    if os.environ.get("NO_COLOR"):  # then no other style either: not one escape code
        return Console(width=width, highlight=False, color_system=None)
    return Console(width=width, highlight=False)


def printable(text: str) -> str:
    """Return `text` with what would act on a terminal spelled out: a table may hold anything."""
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)


def say(message: str, *, quiet: bool = False) -> None:
    """Write a message for people to standard error, if they listen."""
    if not quiet:
        with suppress(OSError):
            print(printable(message), file=sys.stderr)


def print_json(document: Mapping[str, Any]) -> None:
    """Write the one JSON document of a call to standard output."""
    # ASCII alone, so that no reader's or terminal's encoding can damage it.
    print(json.dumps({"schema": 1, **document}, indent=2, allow_nan=False))


def reachable(project: Project, path: str) -> str:
    """Return a path in the project as it can be opened from the current folder."""
    return os.path.relpath(project.folder / path)


@contextmanager
def working(message: str, *, quiet: bool) -> Iterator[None]:
    """Show that work is going on, on a terminal only."""
    if quiet or not sys.stderr.isatty():
        yield
        return
    with Console(stderr=True).status(message):
        yield


def pairs(texts: Sequence[str], option: str) -> dict[str, str]:
    """Return `NAME=VALUE` texts as a mapping.

    Raises:
        UsageError: a text has another form, or a name comes twice.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise UsageError(f"{option} {text!r}: write it as NAME=VALUE")
        if name.strip() in found:
            raise UsageError(f"{option} names {name.strip()} twice; give one value")
        found[name.strip()] = value.strip()
    return found
