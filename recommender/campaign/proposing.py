"""Recommends the next batch: the history in, proposals and job files out."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from recommender import __version__
from recommender.campaign.job_files import job_text, template_values
from recommender.campaign.project import Project
from recommender.engine.answers import Batch
from recommender.engine.notices import Notice
from recommender.engine.recommender import Recommender
from recommender.engine.replicates import ReplicateNoise
from recommender.errors import ConflictError, HistoryError, JobError, SpaceError, UsageError
from recommender.jobs import read_template, write_job
from recommender.records import Folded
from recommender.run import Proposal, Run, Status, next_number, run_id


@dataclass(frozen=True, slots=True, kw_only=True)
class NextBatch:
    """A batch as it was proposed.

    `finished` counts the runs that have a result, `fitted` those that the model used, and
    `pending` names the runs that were outstanding before the batch. `configs` are the job files,
    as paths from the project folder. `evaluate` names the finished runs whose missing objective
    would teach most; `history_notices` say what was passed over in reading the history.
    """

    proposals: tuple[Proposal, ...]
    configs: tuple[str, ...]
    finished: int
    fitted: int
    pending: tuple[str, ...]
    evaluate: tuple[str, ...]
    notices: tuple[Notice, ...]
    exploratory: bool
    context_share: float | None
    noise: ReplicateNoise | None
    history_notices: tuple[str, ...] = ()


def recommender_for(project: Project, folded: Folded, seed: int = 0) -> Recommender:
    """Return a recommender that was told the whole history.

    Raises:
        HistoryError: a run's parameters do not fit the search space, or its objective is too large.
    """
    objective = project.config.objective
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
) -> NextBatch:
    """Propose the next n runs: append them to the history, then write their job files.

    Proposals come first, so that whatever happens next shows as a pending run and its job file
    can be made anew.

    Raises:
        UsageError: n, `fix` or `within` is not allowed.
        ConfigError: the template has no place for a parameter.
        HistoryError: the history cannot be read or written.
        ConflictError: the history contradicts itself, or a job file stands in the way.
        JobError: a job file cannot be written.
    """
    template = read_template(project.config.jobs.template)
    with contextlib.nullcontext() if dry_run else project.records.proposing():
        folded = project.read()
        recommender = recommender_for(project, folded, seed)
        defaults = template_values(project, template)
        batch = recommender.ask(n, fix=fix, within=within, defaults=defaults)
        proposals = _proposals(project, folded, batch, seed=seed, now=now)
        texts = [job_text(project, template, proposal) for proposal in proposals]
        paths = [project.job_path(proposal.id) for proposal in proposals]
        for path in paths:
            if os.path.lexists(path):
                raise ConflictError(
                    f"{project.shown(path)} exists already, but the history knows nothing of it; "
                    "move it away, or restore history/proposals.csv"
                )
        with project.writing(dry_run=dry_run) as writer:
            writer.append_proposals(proposals)
        if not dry_run:
            _write_jobs(paths, texts)
    runs = folded.history.runs
    return NextBatch(
        proposals=tuple(proposals),
        configs=tuple(project.shown(path) for path in paths),
        finished=sum(_finished(run) for run in runs),
        fitted=batch.fitted,
        pending=tuple(run.id for run in folded.history.pending),
        evaluate=batch.evaluate,
        notices=batch.notices,
        exploratory=batch.exploratory,
        context_share=batch.context_share,
        noise=batch.noise,
        history_notices=folded.notices,
    )


def _write_jobs(paths: Sequence[Path], texts: Sequence[str]) -> None:
    try:
        for path, text in zip(paths, texts, strict=True):
            write_job(path, text)
    except JobError as error:
        raise JobError(
            f"{error}; the {len(paths)} runs are proposed and pending all the same. When that is "
            "mended, make their job files with: recommend jobs"
        ) from None


def _finished(run: Run) -> bool:
    return run.status in (Status.COMPLETED, Status.CRASHED, Status.DIVERGED)


def _proposals(
    project: Project, folded: Folded, batch: Batch, *, seed: int, now: str
) -> list[Proposal]:
    first = next_number([run.id for run in folded.history.runs])
    last_batch = max((proposal.batch for proposal in folded.proposals), default=0)
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
            history_digest=folded.digest,
            proposed_by=f"recommender {__version__}",
        )
        for index, suggestion in enumerate(batch)
    ]
