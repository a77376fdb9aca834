"""The job file of a proposal: the template with its parameters, and where they come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from recommender.campaign.project import Project
from recommender.errors import ConflictError, JobError, SpaceError, UsageError
from recommender.jobs import read_template, render_job, same_data, template_scalars, write_job
from recommender.records import nearest_id
from recommender.run import Params, Proposal, Value, run_number


@dataclass(frozen=True, slots=True)
class JobFile:
    """What became of one job file: `state` is written, unchanged, differs or replaced."""

    id: str
    path: Path
    state: str
    backup: Path | None = None


def job_text(project: Project, template: str, proposal: Proposal) -> str:
    """Return the job file of a proposal: the same wherever and whenever the same is proposed.

    Raises:
        ConfigError: the template has no place for a parameter.
        JobError: the text does not read back as meant.
    """
    jobs = project.config.jobs
    values: dict[str, Value] = {
        jobs.keys.get(name, name): project.config.space[name].coerce(value)
        for name, value in proposal.params.items()
    }
    if jobs.seed is not None and jobs.seed.policy == "per-run":
        values[jobs.seed.key] = run_number(proposal.id)
    comments = [
        f"{proposal.id}, batch {proposal.batch}: proposed by {proposal.proposed_by}, "
        f"from history {proposal.history_digest}, seed {proposal.seed}",
        f"prediction: {predicted(proposal)}",
        f"{proposal.role}: {proposal.reason}",
    ]
    return render_job(template, values, comments=comments, source=project.shown(jobs.template))


def predicted(proposal: Proposal) -> str:
    """Return a proposal's prediction in words."""
    if proposal.mean is None or proposal.sd is None:
        return "none, there is no model yet"
    return f"{proposal.metric} {proposal.mean:.4g} ± {proposal.sd:.2g}"


def template_values(project: Project, template: str) -> Params | None:
    """Return the template's own values of the parameters, or None if it does not have them all."""
    jobs, space = project.config.jobs, project.config.space
    keys = {name: jobs.keys.get(name, name) for name in space.names}
    found = template_scalars(template, keys.values(), source=project.shown(jobs.template))
    try:
        values = space.coerce({name: found.get(key) for name, key in keys.items()})
    except SpaceError:
        return None
    return values if space.contains(values) else None


def remake(project: Project, ids: Sequence[str], *, force: bool, dry_run: bool) -> list[JobFile]:
    """Make lost job files anew from the proposals: of these ids, or of all that are pending.

    A file that differs from what the proposal and the template give is kept; with `force` it is
    replaced, and a backup kept.

    Raises:
        UsageError: an id is unknown, or was never proposed.
        JobError: a file cannot be written.
    """
    history = project.read().history
    proposed = [run.id for run in history.runs if run.proposal is not None]
    proposals: list[Proposal] = []
    for id in dict.fromkeys(ids):
        run = history.get(id)
        if run is None or run.proposal is None:
            what = f"there is no run {id}" if run is None else f"{id} was never proposed"
            raise UsageError(f"{what}, so it has no job file{nearest_id(id, proposed)}")
        proposals.append(run.proposal)
    if not ids:
        proposals = [run.proposal for run in history.pending if run.proposal is not None]

    template = read_template(project.config.jobs.template)
    made = [_made(project, template, proposal, force) for proposal in proposals]
    if not dry_run:
        for file, text in made:
            if file.backup is not None:
                _rename(project, file.path, file.backup)
            if file.state in ("written", "replaced"):
                write_job(file.path, text)
    return [file for file, _ in made]


def require_none_differs(project: Project, files: Sequence[JobFile]) -> None:
    """Check that no job file was left because it differs.

    Raises:
        ConflictError: one was.
    """
    differing = [project.shown(file.path) for file in files if file.state == "differs"]
    if differing:
        raise ConflictError(
            f"{', '.join(differing)}: not what the proposal and the template give, and left as it "
            "is. Keep it, or replace it with --force, which keeps a backup"
        )


def _made(project: Project, template: str, proposal: Proposal, force: bool) -> tuple[JobFile, str]:
    text = job_text(project, template, proposal)
    path = project.job_path(proposal.id)
    try:
        old = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return JobFile(proposal.id, path, "written"), text
    except OSError as error:
        raise JobError(f"{project.shown(path)}: cannot be read ({error.strerror})") from None
    if same_data(old, text):
        return JobFile(proposal.id, path, "unchanged"), text
    if not force:
        return JobFile(proposal.id, path, "differs"), text
    number = 1
    while (backup := path.with_name(f"{path.name}.bak{number}")).exists():
        number += 1
    return JobFile(proposal.id, path, "replaced", backup), text


def _rename(project: Project, path: Path, backup: Path) -> None:
    try:
        path.rename(backup)
    except OSError as error:
        raise JobError(
            f"{project.shown(path)}: cannot be renamed to {backup.name} ({error.strerror})"
        ) from None
