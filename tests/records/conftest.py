from __future__ import annotations

from pathlib import Path

import pytest

from recommender.records import FileRecords


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "history"


@pytest.fixture
def records(folder: Path) -> FileRecords:
    return FileRecords(folder, ["lr", "t"])
