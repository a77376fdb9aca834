"""A messy table of past runs becomes rows of cells, with a report of what was repaired."""
