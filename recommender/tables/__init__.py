"""A messy table of past runs becomes rows of cells, with a report of what was repaired."""

from recommender.tables.inference import InferredParameter, InferredSweep, infer_sweep
from recommender.tables.runs import TableReading, TableRun, read_runs
from recommender.tables.table import Finding

__all__ = [
    "Finding",
    "InferredParameter",
    "InferredSweep",
    "TableReading",
    "TableRun",
    "infer_sweep",
    "read_runs",
]
