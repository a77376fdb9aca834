"""Recommends the next batch: the history in, proposals and job files out."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from recommender import __version__
from recommender.campaign.job_files import job_text, template_values
from recommender.campaign.project import JOBS_FOLDER, Project
from recommender.engine.answers import Batch
from recommender.engine.recommender import Recommender
from recommender.errors import ConflictError, HistoryError, JobError, SpaceError, UsageError
from recommender.jobs import read_template, require_writable, write_job
from recommender.records import Folded
from recommender.run import Objective, Proposal, Status, next_number, run_id


@dataclass(frozen=True, slots=True, kw_only=True)
class NextBatch:
    """A batch as it was proposed.

    `answer` is what the engine said. `configs` are the job files, as paths from the project
    folder. `finished` counts the runs that have a result, and `pending` names those that were
    outstanding before the batch; `history_notices` say what was passed over in reading them.
    """

    answer: Batch
    proposals: tuple[Proposal, ...]
    configs: tuple[str, ...]
    finished: int
    pending: tuple[str, ...]
    history_notices: tuple[str, ...]


def recommender_for(
    project: Project, folded: Folded, seed: int = 0, objective: Objective | None = None
) -> Recommender:
    """Return a recommender that was told the whole history.

    Args:
        project: whose search space it is.
        folded: the history.
        seed: of the recommender.
        objective: instead of the sweep's own.

    Raises:
        HistoryError: a run's parameters do not fit the search space, or its objective is too large.
    """
    objective = objective or project.config.objective
    metric = objective.metric
    recommender = Recommender(
        project.config.space,
        direction=objective.direction,
        metric=metric,
        context=objective.context,
        seed=seed,
    )
    for run in folded.history.runs:
        value = run.metrics.get(metric) if run.status is Status.COMPLETED else None
        try:
            recommender.tell(run.params, value, status=run.status, id=run.id, excluded=run.excluded)
        except UsageError as error:
            if run.excluded:
                continue  # that is the way out which the message offers
            wrong = "--param NAME" if isinstance(error, SpaceError) else f"--metric {metric}"
            raise HistoryError(
                f"{run.source}: {run.id}: {error}; correct it with: recommend record {run.id} "
                f"--amend REASON {wrong}=VALUE, or keep it out of every fit with: recommend "
                f"exclude {run.id} --reason TEXT"
            ) from None
    return recommender


def propose(
    project: Project,
    n: int,
    *,
    fix: Mapping[str, object],
    within: Mapping[str, tuple[object, object]],
    seed: int,
    now: str,
    dry_run: bool = False,
    waiting: Callable[[], None] = lambda: None,
) -> NextBatch:
    """Propose the next n runs: append them to the history, then write their job files.

    Proposals come first, so that whatever happens next shows as a pending run and its job file
    can be made anew. `waiting` is called where another call that proposes takes a while.

    Raises:
        UsageError: n, `fix` or `within` is not allowed.
        ConfigError: the template has no place for a parameter.
        HistoryError: the history cannot be read or written.
        ConflictError: the history contradicts itself, or a job file stands in the way.
        JobError: a job file cannot be written.
    """
    template = read_template(project.config.jobs.template)
    with contextlib.nullcontext() if dry_run else project.records.proposing(waiting):
        folded = project.read()
        recommender = recommender_for(project, folded, seed)
        defaults = template_values(project, template)
        batch = recommender.ask(n, fix=fix, within=within, defaults=defaults)
        with project.records.writing(dry_run=dry_run) as writer:
            # A result may have come in since the history was read, and taken the next number.
            latest = writer.folded
            proposals = _proposals(project, folded, latest, batch, seed=seed, now=now)
            jobs = {
                project.job_path(proposal.id): job_text(project, template, proposal)
                for proposal in proposals
            }
            _require_free(project, jobs, dry_run=dry_run)
            writer.append_proposals(proposals)
        if not dry_run:
            _write_jobs(jobs)
    runs = folded.history.runs
    return NextBatch(
        answer=batch,
        proposals=tuple(proposals),
        configs=tuple(project.shown(path) for path in jobs),
        finished=sum(run.status.has_result for run in runs),
        pending=tuple(run.id for run in folded.history.pending),
        history_notices=tuple(dict.fromkeys((*folded.notices, *latest.notices))),
    )


def _require_free(project: Project, paths: Iterable[Path], *, dry_run: bool) -> None:
    """Check that the job files can be written and none of them exists."""
    for path in paths:
        if os.path.lexists(path):
            raise ConflictError(
                f"{project.shown(path)} exists already, but the history knows nothing of it; "
                "move it away, or restore the ledger of proposals"
            )
    if not dry_run:
        require_writable(project.folder / JOBS_FOLDER)


def _write_jobs(jobs: Mapping[Path, str]) -> None:
    try:
        for path, text in jobs.items():
            write_job(path, text)
    except JobError as error:
        raise JobError(
            f"{error}; the {len(jobs)} runs are proposed and pending all the same. When that is "
            "mended, make their job files with: recommend jobs"
        ) from None


def _proposals(
    project: Project, seen: Folded, latest: Folded, batch: Batch, *, seed: int, now: str
) -> list[Proposal]:
    """Return the proposals of a batch that was chosen from `seen`, numbered after the `latest`."""
    first = next_number([run.id for run in latest.history.runs])
    last_batch = max((proposal.batch for proposal in latest.proposals), default=0)
    return [
        Proposal(
            id=run_id(first + index, suggestion.params),
            batch=last_batch + 1,
            proposed_at=now,
            params=suggestion.params,
            metric=project.config.objective.metric,
            role=suggestion.role,
            reason=suggestion.reason,
            mean=suggestion.mean,
            sd=suggestion.sd,
            expected_improvement=suggestion.expected_improvement,
            probability_of_improvement=suggestion.probability_of_improvement,
            seed=seed,
            history_digest=seen.digest,
            proposed_by=f"recommender {__version__}",
        )
        for index, suggestion in enumerate(batch)
    ]
