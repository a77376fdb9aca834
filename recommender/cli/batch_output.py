"""A batch as a person reads it, and as a program does."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from recommender.campaign.project import Project
from recommender.campaign.proposing import NextBatch
from recommender.cli.layout import print_line, print_runs
from recommender.cli.session import answers, reachable
from recommender.engine.notices import Notice
from recommender.engine.replicates import ReplicateNoise
from recommender.number import format_value
from recommender.run import Proposal
from recommender.wording import counted, percent, with_sd


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
        print_line(console, "!", f"{_advised(notice)} [{notice.code}]", _style(notice))
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


def batch_document(project: Project, batch: NextBatch) -> dict[str, Any]:
    """Return the batch as the document of `next --json`."""
    objective = project.config.objective
    noise = batch.answer.noise
    return {
        "objective": {
            "metric": objective.metric,
            "direction": str(objective.direction),
            "context": list(objective.context),
        },
        "history": {
            "runs": batch.finished,
            "fitted": batch.answer.fitted,
            "pending": list(batch.pending),
        },
        "exploratory": batch.answer.exploratory,
        "context_variance_share": batch.answer.context_share,
        "noise": None
        if noise is None
        else {
            "sd": noise.sd,
            "interval": [noise.low, noise.high],
            "degrees_of_freedom": noise.degrees_of_freedom,
        },
        "batch": [
            _proposal(proposal, config)
            for proposal, config in zip(batch.proposals, batch.configs, strict=True)
        ],
        "evaluate": [
            {
                "id": id,
                "metric": objective.metric,
                "reason": f"finished without {objective.metric}; its value would teach most"
                if rank == 1
                else f"finished without {objective.metric}; number {rank} in what it would teach",
            }
            for rank, id in enumerate(batch.answer.evaluate, 1)
        ],
        "warnings": [
            {"code": notice.code, "message": notice.message, "runs": list(notice.runs)}
            for notice in batch.answer.notices
        ],
    }


def _summary(project: Project, batch: NextBatch) -> str:
    objective = project.config.objective
    pending = f", {len(batch.pending)} pending" if batch.pending else ""
    kind = "an exploratory batch" if batch.answer.exploratory else "a batch"
    return (
        f"{counted(batch.finished, 'run')}, {batch.answer.fitted} fitted{pending}; "
        f"{objective.direction} {objective.metric}: {kind} of {len(batch.proposals)}"
    )


def _advised(notice: Notice) -> str:
    """Return what a notice says, with the command that follows from it."""
    if notice.code == "duplicate-run":
        command = f"recommend exclude {notice.runs[-1]} --reason 'same training'"
        return f"{notice.message}: {command}"
    return notice.message


def _noise(metric: str, noise: ReplicateNoise) -> str:
    freedom = counted(noise.degrees_of_freedom, "degree")
    return (
        f"Noise of {metric}, from replicates with {freedom} of freedom: "
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


def _proposal(proposal: Proposal, config: str) -> dict[str, Any]:
    return {
        "id": proposal.id,
        "config": config,
        "params": dict(proposal.params),
        "predicted": {"mean": proposal.mean, "sd": proposal.sd},
        "expected_improvement": proposal.expected_improvement,
        "probability_of_improvement": proposal.probability_of_improvement,
        "role": proposal.role,
        "reason": proposal.reason,
    }
