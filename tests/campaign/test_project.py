import pytest

from recommender.campaign.project import Project
from recommender.errors import ConfigError, ConflictError
from recommender.records import Event, EventKind

DROP = Event(id="run-0001-aaaa", kind=EventKind.DROP)


def test_a_dry_run_sees_what_a_writer_sees_and_writes_nothing(sweep):
    project, before = sweep.open(), sweep.tree()
    with project.writing(dry_run=True) as onlooker:
        assert len(onlooker.folded.history.runs) == 6
        onlooker.append_events([DROP])
        onlooker.append_proposals([])
    assert sweep.tree() == before
    assert not list(sweep.folder.rglob("*.lock"))


def test_a_real_run_writes(sweep):
    with sweep.open().writing(dry_run=False) as writer:
        writer.append_events([DROP])
    assert sweep.ledger().splitlines()[-1].startswith("run-0001-aaaa,drop")


def test_a_history_that_contradicts_itself_is_not_read(sweep):
    sweep.history("a-1,,,,,,0.001,0.5,0.9,,\na-1,,,,,,0.001,0.5,0.7,,\n")
    with pytest.raises(ConflictError, match="keep one of them"):
        sweep.open().read()


def test_the_named_folder_is_taken_and_no_other(sweep, tmp_path):
    assert Project.open(sweep.folder, tmp_path).folder == sweep.folder
    with pytest.raises(ConfigError, match="holds no"):
        Project.open(tmp_path, sweep.folder)
    with pytest.raises(ConfigError, match="recommend init"):
        Project.open(None, tmp_path)
