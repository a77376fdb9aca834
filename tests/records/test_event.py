from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.records.event import amend_note, replaced_values

finite = st.floats(allow_nan=False, allow_infinity=False)
texts = st.text().filter(lambda text: text.strip() == text)
values = st.one_of(finite, st.integers(-(10**12), 10**12), texts)


@given(
    st.dictionaries(st.text(min_size=1), st.lists(values, min_size=1).map(tuple)),
    st.text(),
)
def test_the_replaced_values_come_back_from_a_note(
    replaced: dict[str, tuple[float | int | str, ...]], reason: str
) -> None:
    note = amend_note(replaced, reason)
    parsed = replaced_values(note)
    assert parsed == replaced
    assert {k: [type(v) for v in vs] for k, vs in (parsed or {}).items()} == {
        k: [type(v) for v in vs] for k, vs in replaced.items()
    }
    assert note.endswith(f"; {reason}")


def test_a_note_reads_as_a_person_would_write_it() -> None:
    note = amend_note({"loss": (0.77,), "learning_rate": (0.001,)}, "typo")
    assert note == "replaces loss=0.77, learning_rate=0.001; typo"
    assert amend_note({}, "found in the log") == "replaces nothing; found in the log"
    assert replaced_values("replaces nothing; found in the log") == {}


@pytest.mark.parametrize(
    "note", ["", "typo", "replaces the old value", "replaces loss=0.7", "replaces loss; typo"]
)
def test_a_note_that_names_no_value_replaces_whatever_stands(note: str) -> None:
    assert replaced_values(note) is None
