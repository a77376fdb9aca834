"""The texts of the files that a new project starts with."""

from __future__ import annotations

from collections.abc import Sequence

from recommender.jobs import comment_line, format_scalar
from recommender.run import Direction, Objective, Value
from recommender.space import Categorical, Parameter, Real

_SWEEP = """\
# What is searched, what is optimised, and how jobs are written.

objective:
  metric: {metric}   # what each finished run reports
  direction: {direction}   # minimize or maximize
  # The parameters that change the scale of the metric, so that its values are comparable
  # only between runs that agree on them (a temperature inside the loss, say):
  context: [{context}]

# Types: real and integer (low, high and, if it matters, scale: linear or log) and
# categorical (choices). Both bounds are included. Use log where factors matter more than
# differences. For example:
#   batch_size: {{type: integer, low: 32, high: 512, scale: log}}
#   optimizer:  {{type: categorical, choices: [adam, sgd]}}
parameters:
{parameters}

jobs:
  template: base.yaml   # the training config that each job starts from, beside this file
  # Where a parameter goes in the template, when the name there differs:
  # keys: {{learning_rate: optimizer.lr}}
  # The training's random seed: fixed keeps the template's, per-run gives each job its own,
  # so that replicates tell how noisy the training is:
  # seed: {{key: seed, policy: per-run}}
"""

_TEMPLATE = """\
# The training config that each job starts from. Put your own here: only the parameters
# that sweep.yaml declares are replaced in a job; all else stays as it is.

"""
_TEMPLATE_VALUES: dict[str, Value] = {"seed": 0, "epochs": 100, "batch_size": 256}

_EXAMPLE: tuple[tuple[Parameter, str], ...] = (
    (Real("learning_rate", 1e-5, 1e-1, "log"), "an example; put your own bounds"),
    (Real("weight_decay", 1e-6, 1e-2, "log"), "an example; put your own bounds"),
)


def sweep_text(objective: Objective, parameters: Sequence[tuple[Parameter, str]]) -> str:
    """Return the text of a sweep file.

    Args:
        objective: what is optimised.
        parameters: each with a comment on where its bounds come from.
    """
    lines = []
    for parameter, origin in parameters:
        if origin:
            lines.append(f"  {comment_line(origin)}")
        lines.append(f"  {format_scalar(parameter.name)}: {{{_declaration(parameter)}}}")
    return _SWEEP.format(
        metric=format_scalar(objective.metric),
        direction=objective.direction,
        context=", ".join(format_scalar(name) for name in objective.context),
        parameters="\n".join(lines),
    )


def template_text(parameters: Sequence[Parameter]) -> str:
    """Return the text of a job template that has a key for each parameter."""
    values = _TEMPLATE_VALUES | {each.name: _any_value(each) for each in parameters}
    lines = (f"{format_scalar(name)}: {format_scalar(value)}\n" for name, value in values.items())
    return _TEMPLATE + "".join(lines)


def default_sweep_text() -> str:
    """Return the text of a sweep file to start from where nothing is known yet."""
    return sweep_text(Objective(metric="loss", direction=Direction.MINIMIZE), _EXAMPLE)


def default_template_text() -> str:
    """Return the text of the job template that `default_sweep_text` refers to."""
    return template_text([parameter for parameter, _ in _EXAMPLE])


def _declaration(parameter: Parameter) -> str:
    if isinstance(parameter, Categorical):
        choices = ", ".join(format_scalar(choice) for choice in parameter.choices)
        return f"type: categorical, choices: [{choices}]"
    kind = "real" if isinstance(parameter, Real) else "integer"
    low, high = format_scalar(parameter.low), format_scalar(parameter.high)
    scale = "" if parameter.scale == "linear" else f", scale: {parameter.scale}"
    return f"type: {kind}, low: {low}, high: {high}{scale}"


def _any_value(parameter: Parameter) -> Value:
    if isinstance(parameter, Categorical):
        return parameter.choices[0]
    low, high = float(parameter.low), float(parameter.high)
    middle = (low * high) ** 0.5 if parameter.scale == "log" else (low + high) / 2
    return float(f"{middle:.0e}") if isinstance(parameter, Real) else round(middle)
