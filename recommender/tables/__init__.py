"""A messy table of past runs becomes rows of cells, with a report of what was repaired."""

from recommender.tables.runs import TableReading, TableRun, nothing_readable, read_runs
from recommender.tables.table import Finding

__all__ = ["Finding", "TableReading", "TableRun", "nothing_readable", "read_runs"]
