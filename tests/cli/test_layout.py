import io

import pytest
from rich.console import Console

from recommender.cli.layout import print_line, print_runs
from recommender.wording import with_sd

NAMES = ["run", "learning_rate", "cluster_temperature", "tau"]
ROWS = [[f"run-000{number}-aaaa", "4.5e-05", "0.35", "[red]b[/]"] for number in range(1, 6)]


def shown(width, rows, terminal=False):
    file = io.StringIO()
    console = Console(
        file=file, width=width, force_terminal=terminal, color_system=None, highlight=False
    )
    print_runs(console, NAMES, rows)
    return file.getvalue()


def test_runs_stand_in_rows_where_they_fit():
    text = shown(80, ROWS)
    lines = [line for line in text.splitlines() if "run-" in line]
    assert len(lines) == 5
    assert all("4.5e-05" in line and "0.35" in line for line in lines)


@pytest.mark.parametrize("width", [20, 40, 50, 53])
def test_no_figure_is_ever_cut_off(width):
    text = shown(width, ROWS)
    assert "…" not in text
    assert text.count("4.5e-05") == text.count("0.35") == 5
    assert all(row[0] in text for row in ROWS)
    if width >= 35:
        assert max(len(line) for line in text.splitlines()) <= width


def test_markup_and_control_characters_are_shown_and_do_nothing():
    text = shown(80, [["run\x1b[31m", "\x07", "[bold]x[/bold]", "=1+1"]], terminal=True)
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "\\x1b[31m" in text
    assert "[bold]x[/bold]" in text
    assert "=1+1" in text


def test_a_line_is_wrapped_beside_its_mark_on_a_terminal_only():
    for terminal, lines in ((True, 3), (False, 1)):
        file = io.StringIO()
        console = Console(file=file, width=20, force_terminal=terminal, color_system=None)
        print_line(console, "!", "one two three four five six seven eight")
        text = file.getvalue().splitlines()
        assert len(text) == lines
        assert all(line.startswith(("! ", "  ")) for line in text)


@pytest.mark.parametrize(
    ("mean", "sd", "text"),
    [
        (0.4528, 0.0958, "0.453 ± 0.096"),
        (0.0004528, 0.00001, "0.0004528 ± 1e-05"),
        (12345.6, 12.3, "1.235e+04 ± 12"),
        (-1.5, 0.2, "-1.500 ± 0.200"),
    ],
)
def test_a_prediction_keeps_the_digits_that_matter(mean, sd, text):
    assert with_sd(mean, sd) == text
