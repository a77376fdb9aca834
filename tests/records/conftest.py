from __future__ import annotations

from pathlib import Path

import pytest

from recommender.records import Records, open_records


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "history"


@pytest.fixture
def place(history_url: str) -> str:
    """Where the history is kept, from the test's folder on."""
    return history_url or "history"


@pytest.fixture
def records(place: str, tmp_path: Path) -> Records:
    return open_records(place, tmp_path, ["lr", "t"])
