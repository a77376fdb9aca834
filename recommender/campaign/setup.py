"""Starts a project: a sweep file and a job template, from a table of past runs if there is one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from recommender.config import SWEEP_FILE
from recommender.errors import ConfigError
from recommender.records import RESERVED
from recommender.scaffold import (
    default_sweep_text,
    default_template_text,
    infer_sweep,
    sweep_text,
    template_text,
)

GIT_ATTRIBUTES = """\
# Two branches that both appended to a ledger merge by themselves.
history/runs.csv merge=union
history/proposals.csv merge=union
"""


@dataclass(frozen=True, slots=True)
class Started:
    """What became of each file, and what to know about what was inferred."""

    files: Mapping[str, str]
    notes: tuple[str, ...]


def start(
    folder: Path,
    *,
    table: Path | None,
    metric: str | None,
    encoding: str | None,
    dry_run: bool = False,
) -> Started:
    """Write the files that a project starts with, except those that exist.

    Raises:
        TableError: the table cannot be read, or shows no parameters.
        ConfigError: a file cannot be written.
    """
    notes: tuple[str, ...] = ()
    sweep, template = default_sweep_text(), default_template_text()
    if table is not None:
        inferred = infer_sweep(table, metric=metric, reserved=RESERVED, encoding=encoding)
        sweep = sweep_text(inferred.objective, inferred.parameters)
        template = template_text([parameter for parameter, _ in inferred.parameters])
        notes = inferred.notes
    texts = {
        SWEEP_FILE.as_posix(): sweep,
        SWEEP_FILE.with_name("base.yaml").as_posix(): template,
        "history/.gitignore": "*.lock\n",
        ".gitattributes": GIT_ATTRIBUTES,
    }
    files = {name: _write(folder / name, text, dry_run=dry_run) for name, text in texts.items()}
    if not _has_lines(folder / ".gitattributes", GIT_ATTRIBUTES) and not dry_run:
        lines = " and ".join(f"`{line}`" for line in GIT_ATTRIBUTES.splitlines()[1:])
        notes += (f"Add {lines} to .gitattributes, so that git merges the history by itself",)
    return Started(files, notes)


def _has_lines(path: Path, text: str) -> bool:
    try:
        present = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    return all(line in present for line in text.splitlines() if not line.startswith("#"))


def _write(path: Path, text: str, *, dry_run: bool) -> str:
    if os.path.lexists(path):
        return "exists already, left as it is"
    if dry_run:
        return "would be written"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror})") from None
    return "written"
