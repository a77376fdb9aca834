"""Reviews a config that the user wrote: the job file in, what the recommender thinks of it out."""

from __future__ import annotations

from pathlib import Path

from recommender.campaign.explaining import every_view
from recommender.campaign.job_files import template_values
from recommender.campaign.project import Project
from recommender.campaign.proposing import recommender_for
from recommender.errors import ConfigError, SpaceError
from recommender.insight.review import Review
from recommender.insight.review import review as review_of
from recommender.jobs import read_template, template_scalars
from recommender.run import Params


def review(
    project: Project, path: Path, metric: str | None = None, *, n: int = 4, seed: int = 0
) -> Review:
    """Return what is believed of a job file, and how it ranks among the next n proposals.

    Nothing is proposed: the batch is what `propose` with the same seed would choose, but that a
    context is held at the value of the job file, since only equal contexts compare.

    Raises:
        ConfigError: the file cannot be read, or lacks a parameter.
        UsageError: no run has a value of that metric, or n is not allowed.
        ConflictError, HistoryError: the history contradicts itself, or cannot be read.
    """
    params = read_params(project, path)
    folded = project.read()
    views = every_view(project, folded, metric)
    objective = views[0].objective
    context = {name: params[name] for name in objective.context}
    recommender = recommender_for(project, folded, seed, objective)
    defaults = template_values(project, read_template(project.config.jobs.template))
    declared = all(project.config.space[name].contains(value) for name, value in context.items())
    batch = recommender.ask(n, fix=context, defaults=defaults) if declared else None
    return review_of(views[0], views, params, batch)


def read_params(project: Project, path: Path) -> Params:
    """Return the parameters in a job file, from the places that the sweep file gives them.

    Raises:
        ConfigError: the file cannot be read, or a parameter is missing or no such value.
    """
    space, keys = project.config.space, project.config.jobs.keys
    places = {name: keys.get(name, name) for name in space.names}
    text = read_template(path, "give the path of a config that has every parameter")
    found = template_scalars(text, places.values(), source=str(path))
    missing = [key for key in places.values() if key not in found]
    if missing:
        raise ConfigError(
            f"{path}: there is no value for {', '.join(missing)}; write every parameter, or say "
            f"under jobs.keys in {project.shown(project.config.path)} where it stands"
        )
    try:
        return space.coerce({name: found[key] for name, key in places.items()})
    except SpaceError as error:
        raise ConfigError(f"{path}: {error}") from None
