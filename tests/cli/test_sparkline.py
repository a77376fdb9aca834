import pytest

from recommender.cli.sparkline import ASCII, BLOCKS, sparkline


def test_a_character_stands_for_each_value_from_the_lowest_to_the_highest():
    assert sparkline([0.0, 1.0, 2.0, 7.0]) == "▁▂▃█"
    assert sparkline([7.0, 0.0]) == "█▁"
    assert sparkline([0.0, 7.0], ascii_only=True) == "_#"


def test_noise_looks_flat():
    assert len(set(sparkline([0.0, 0.01, 0.02, 0.0], least=1.0))) == 1
    assert set(sparkline([0.1, 0.3], least=0.2)) <= set(BLOCKS[:-1])


@pytest.mark.parametrize("values", [[], [1.0], [2.0, 2.0], [-1e300, 1e300], [1e-300, 2e-300]])
def test_any_values_give_as_many_characters(values):
    assert len(sparkline(values)) == len(values)
    assert set(sparkline(values)) <= set(BLOCKS)
    assert set(sparkline(values, ascii_only=True)) <= set(ASCII)
