"""A batch as a person reads it."""

from __future__ import annotations

from rich.text import Text

from recommender.campaign.project import Project
from recommender.campaign.proposing import NextBatch
from recommender.cli.layout import percent, print_line, print_runs, with_sd
from recommender.cli.session import answers, reachable
from recommender.engine.notices import Notice
from recommender.engine.replicates import ReplicateNoise
from recommender.number import format_value


def print_batch(project: Project, batch: NextBatch) -> None:
    """Print what to know first, the batch as a table, the reasons, and the job files."""
    console = answers()
    objective = project.config.objective
    console.print(Text(_summary(project, batch), style="bold"), soft_wrap=True)
    if batch.answer.evaluate:
        print_line(
            console,
            "*",
            f"Before any training: compute {objective.metric} for these finished runs, which would "
            f"teach most: {', '.join(batch.answer.evaluate)}. Then: recommend record ID --metric "
            f"{objective.metric}=VALUE",
            "bold",
        )
    for notice in batch.answer.notices:
        print_line(console, "!", f"{notice.message} [{notice.code}]", _style(notice))
    if batch.answer.noise is not None:
        print_line(console, "-", _noise(objective.metric, batch.answer.noise))
    console.print()
    predicted = f"{objective.metric} ± sd"
    headings = ["run", *project.config.space.names, predicted, "chance", "role"]
    print_runs(console, headings, _rows(batch))
    console.print()
    for proposal in batch.proposals:
        print_line(console, f"{proposal.id} ", proposal.reason)
    if batch.proposals[0].mean is not None:
        where = " within the same context" if objective.context else ""
        console.print(
            Text(
                f"± is one sd of the recorded {objective.metric}; chance: to beat the best known"
                f"{where}",
                style="dim",
            )
        )
    console.print()
    for config in batch.configs:
        console.print(Text(reachable(project, config)), soft_wrap=True)


def _summary(project: Project, batch: NextBatch) -> str:
    objective = project.config.objective
    pending = f", {len(batch.pending)} pending" if batch.pending else ""
    kind = "an exploratory batch" if batch.answer.exploratory else "a batch"
    return (
        f"{batch.finished} runs, {batch.answer.fitted} fitted{pending}; {objective.direction} "
        f"{objective.metric}: {kind} of {len(batch.proposals)}"
    )


def _noise(metric: str, noise: ReplicateNoise) -> str:
    return (
        f"Noise of {metric}, from replicates with {noise.degrees_of_freedom} degrees of freedom: "
        f"sd {noise.sd:.2g} (95 % interval {noise.low:.2g} to {noise.high:.2g})"
    )


def _style(notice: Notice) -> str:
    return "yellow" if notice.code in ("confounded-objective", "suspect-run", "poor-fit") else "dim"


def _rows(batch: NextBatch) -> list[list[str]]:
    rows = []
    for proposal in batch.proposals:
        predicted = "–"
        if proposal.mean is not None and proposal.sd is not None:
            predicted = with_sd(proposal.mean, proposal.sd)
        chance = percent(proposal.probability_of_improvement)
        values = (format_value(value) for value in proposal.params.values())
        rows.append([proposal.id, *values, predicted, chance, proposal.role])
    return rows
