"""What a new project starts with, from a table of past runs if there is one."""

from recommender.scaffold.files import (
    default_sweep_text,
    default_template_text,
    sweep_text,
    template_text,
)
from recommender.scaffold.inference import InferredSweep, infer_sweep

__all__ = [
    "InferredSweep",
    "default_sweep_text",
    "default_template_text",
    "infer_sweep",
    "sweep_text",
    "template_text",
]
