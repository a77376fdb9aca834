"""Writes the report: one page to read, and its figures for a paper."""

from __future__ import annotations

import contextlib
import os
import platform
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from recommender import __version__
from recommender.campaign.best import advice, best_of
from recommender.campaign.objectives import objective_of
from recommender.campaign.project import Project
from recommender.campaign.proposing import recommender_for
from recommender.errors import ConflictError, UsageError
from recommender.insight.doctor import doctor
from recommender.insight.effects import effects
from recommender.insight.explanation import explain
from recommender.insight.scorecard import scorecard
from recommender.insight.view import View
from recommender.report import page, paper
from recommender.report.content import BelievedBest, Content
from recommender.report.figure import Figure
from recommender.report.gallery import gallery

PAGE = "report.html"
# What takes too long for a page where there is more: proposals that are explained, and runs of
# which the end of the sweep is foreseen.
MOST_EXPLAINED, MOST_FORESEEN = 8, 300
_LIBRARIES = ("numpy", "scipy", "scikit-learn", "scikit-optimize", "plotly")
_LOOKED_THROUGH = 4096  # bytes of a page, in which its mark stands


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was written: the page, its size in bytes, the figures, and what to know of them."""

    path: Path
    size: int
    figures: tuple[Path, ...]
    notices: tuple[str, ...]


def write_report(
    project: Project,
    *,
    now: str,
    out: Path | None = None,
    figures: Path | None = None,
    format: paper.Format = "png",
    metric: str | None = None,
    dry_run: bool = False,
) -> Report:
    """Write the page, and the figures if a folder is given for them.

    Nothing is written over but what an earlier report wrote.

    Args:
        project: whose history is reported.
        now: the time in UTC.
        out: where the page goes; `report.html` in the project folder by default.
        figures: the folder that the figures for a paper go to, if they are wanted.
        format: of those figures.
        metric: instead of the objective.
        dry_run: make everything, and write nothing.

    Raises:
        UsageError: no run has a value of that metric, a package for figures is missing, or a place
            cannot be written to.
        ConflictError: the history contradicts itself, or a file of another kind is in the way.
        HistoryError: the history cannot be read.
    """
    if figures is not None:
        paper.require_installed()
    path = project.folder / PAGE if out is None else out
    _require_ours(path, page.MARK.encode())
    content = gathered(project, metric, now)
    drawn = gallery(content)
    document = page.page(content, drawn).encode("utf-8", "backslashreplace")
    files = {path: document}
    notices = list(content.view.folded.notices)
    if figures is not None:
        pictures, complete = _pictures(drawn, figures, format)
        for picture in pictures:
            _require_ours(picture, paper.MARK)
        files |= pictures
        if not complete:
            notices.append(
                "no font here has every character of the figures; install one that has, such as "
                "Noto Sans CJK, and draw them again"
            )
    if not dry_run:
        for place, data in files.items():
            _replace(place, data)
    return Report(
        path=path,
        size=len(document),
        figures=tuple(place for place in files if place != path),
        notices=tuple(notices),
    )


def gathered(project: Project, metric: str | None, now: str) -> Content:
    """Return what a report is made from. Raises as `write_report`."""
    folded = project.read()
    objective = objective_of(project, folded, metric)
    recommender = recommender_for(project, folded, objective=objective)
    view = View(folded, project.config.space, project.config.objective, recommender.belief())
    ahead = len(view.measured) <= MOST_FORESEEN
    best = best_of(recommender, folded, ahead=ahead)
    said = advice(best)
    if not ahead and not objective.context:
        other = "" if metric is None else f" --metric {metric}"
        said += (f"whether more runs are worth their hours: recommend best{other}",)
    return Content(
        project=project.folder.resolve().name,
        made_at=now,
        view=view,
        best=tuple(BelievedBest(each.run, each.incumbent) for each in best.runs),
        advice=said,
        explanations={
            run.id: explain(view, (), run) for run in folded.history.pending[:MOST_EXPLAINED]
        },
        effects=effects(view),
        scorecard=scorecard(view),
        checks=tuple(doctor(view, datetime.fromisoformat(now))),
        results=project.records.results,
        versions={
            "recommender": __version__,
            "Python": platform.python_version(),
            **{name: version(name) for name in _LIBRARIES},
        },
    )


def _pictures(
    drawn: Sequence[Figure], folder: Path, format: paper.Format
) -> tuple[dict[Path, bytes], bool]:
    made = {folder / f"{figure.name}.{format}": paper.drawn(figure, format) for figure in drawn}
    return {place: data for place, (data, _) in made.items()}, all(c for _, c in made.values())


def _require_ours(path: Path, mark: bytes) -> None:
    """Check that a file may be written there: none is there yet, or one that a report made.

    Raises:
        UsageError: what is there cannot be read.
        ConflictError: it is a file of another kind.
    """
    try:
        with path.open("rb") as file:
            ours = mark in (file.read(_LOOKED_THROUGH) if path.suffix == ".html" else file.read())
    except FileNotFoundError:
        return
    except OSError as error:
        raise UsageError(f"{path}: cannot be written over ({error.strerror})") from None
    if not ours:
        raise ConflictError(
            f"{path} is no report of ours and stays as it is; move it away, or name another place"
        )


def _replace(path: Path, data: bytes) -> None:
    """Write a file: at every moment there is either the old one, or the whole new one.

    Raises:
        UsageError: it cannot be written.
    """
    draft = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        Path(draft).chmod(0o666 & ~umask)
        Path(draft).replace(path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror})") from None
    finally:
        with contextlib.suppress(OSError):
            Path(draft).unlink(missing_ok=True) if draft else None
