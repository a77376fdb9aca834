"""A batch as a person reads it."""

from __future__ import annotations

from rich import box
from rich.table import Table
from rich.text import Text

from recommender.campaign.project import Project
from recommender.campaign.proposing import NextBatch
from recommender.cli.session import answers
from recommender.engine.notices import Notice
from recommender.engine.replicates import ReplicateNoise
from recommender.number import format_value


def print_batch(project: Project, batch: NextBatch) -> None:
    """Print what to know first, the batch as a table, the reasons, and the job files."""
    console = answers()

    def line(text: str, style: str = "") -> None:
        console.print(Text(text, style=style), soft_wrap=True)

    objective = project.config.objective
    line(_summary(project, batch), "bold")
    for notice in batch.notices:
        line(f"! {notice.message} [{notice.code}]", _style(notice))
    if batch.noise is not None:
        line(_noise(objective.metric, batch.noise))
    if batch.evaluate:
        line(
            f"Before any training: compute {objective.metric} for these finished runs, which would "
            f"teach most: {', '.join(batch.evaluate)}. Then: recommend record ID --metric "
            f"{objective.metric}=VALUE",
            "bold",
        )
    console.print(_table(project, batch))
    for proposal in batch.proposals:
        line(f"{proposal.id}  {proposal.reason}")
    if batch.proposals[0].mean is not None:
        where = " within the same context" if objective.context else ""
        line(
            f"± is one sd of the recorded {objective.metric}; chance: to beat the best known{where}"
        )
    line("")
    for config in batch.configs:
        line(config)


def _summary(project: Project, batch: NextBatch) -> str:
    objective = project.config.objective
    pending = f", {len(batch.pending)} pending" if batch.pending else ""
    kind = "an exploratory batch" if batch.exploratory else "a batch"
    return (
        f"{batch.finished} runs, {batch.fitted} fitted{pending}; {objective.direction} "
        f"{objective.metric}: {kind} of {len(batch.proposals)}"
    )


def _noise(metric: str, noise: ReplicateNoise) -> str:
    return (
        f"Noise of {metric}, from replicates with {noise.degrees_of_freedom} degrees of freedom: "
        f"sd {noise.sd:.2g} (95 % interval {noise.low:.2g} to {noise.high:.2g})"
    )


def _style(notice: Notice) -> str:
    return "yellow" if notice.code in ("confounded-objective", "suspect-run", "poor-fit") else "dim"


def _table(project: Project, batch: NextBatch) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("run", no_wrap=True)
    for name in project.config.space.names:
        table.add_column(name.replace("_", "_\n") if len(name) > 12 else name, justify="right")
    table.add_column(f"{project.config.objective.metric} ± sd", justify="right", no_wrap=True)
    table.add_column("chance", justify="right")
    table.add_column("role", no_wrap=True)
    for proposal in batch.proposals:
        predicted = chance = "–"
        if proposal.mean is not None and proposal.sd is not None:
            predicted = f"{proposal.mean:.3f} ± {proposal.sd:.3f}"
            if proposal.sd < 0.005 or abs(proposal.mean) >= 1000:
                predicted = f"{proposal.mean:.4g} ± {proposal.sd:.2g}"
        if proposal.probability_of_improvement is not None:
            chance = f"{proposal.probability_of_improvement:.0%}"
        values = (format_value(value) for value in proposal.params.values())
        table.add_row(
            *(Text(cell) for cell in (proposal.id, *values, predicted, chance, proposal.role))
        )
    return table
