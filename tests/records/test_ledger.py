from __future__ import annotations

import csv

from hypothesis import given
from hypothesis import strategies as st

from recommender.records.ledger import parse

CELL = st.text(st.characters(exclude_characters='\0\r\n",', exclude_categories=["Cs"]))
QUOTED = st.text("ab\",'# \t").map(lambda text: '"' + text.replace('"', '""') + '"')


@given(st.lists(CELL | QUOTED, min_size=3, max_size=3), st.sampled_from(["\n", "\r\n", "\r"]))
def test_a_row_is_read_as_csv_reads_it(cells: list[str], line_end: str) -> None:
    line = ",".join(cells)
    ledger = parse(f"id,b,c{line_end}{line}{line_end}".encode(), "runs.csv", ("id", "c"))
    (expected,) = csv.reader([line])
    read = [list(row.cells.values()) for row in ledger.rows()]
    skipped = line.startswith("#") or not "".join(expected).strip()
    assert read == ([] if skipped else [expected])
