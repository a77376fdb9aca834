import pytest

from recommender.campaign.project import Project
from recommender.errors import ConfigError, ConflictError


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
