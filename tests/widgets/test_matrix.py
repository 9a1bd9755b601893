"""What tells rows from people is coloured and named, with its interval in the data."""

import pytest
from IPython.display import Markdown
from matplotlib.colors import to_hex

from oneshot.metrics.intervals import Interval
from oneshot.widgets.matrix import LESS, MORE, NEAR, matrix, separations

ROWS = {
    "warp": {
        "diversity": Interval(-0.02, -0.05, 0.01),
        "recall": Interval(-0.31, -0.37, -0.25),
        "grey": Interval(31.8, 31.2, 32.4),
    },
    "copy": {"diversity": Interval(-1, -1, -1)},
}


def test_squares_are_coloured_where_a_score_sees_and_empty_where_there_is_none():
    axes = matrix(ROWS).axes[0]
    assert [text.get_text() for text in axes.texts] == ["−2", "−31", "≫", "−100"]
    colours = [to_hex(square.get_facecolor()[0]) for square in axes.collections]
    assert colours == [NEAR, LESS, MORE, LESS]
    assert [text.get_text() for text in axes.get_xticklabels()] == ["diversity", "recall", "grey"]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["warp", "copy"]
    assert axes.lines[0].get_xdata()[0] == 0.5, "the line is right of the scores of the plane"


def test_what_sees_is_named_and_its_interval_is_in_the_data():
    lines = separations(ROWS).data.splitlines()
    assert lines[0].startswith("- **warp** is told from people on the plane not at all; of the ")
    assert lines[0].endswith("of the other scores by recall, grey.")
    assert lines[1].endswith("is told from people on the plane by diversity.")
    rows = matrix(ROWS).rows
    assert [row["score"] for row in rows] == ["diversity", "recall", "grey", "diversity"]
    assert (rows[1]["name"], rows[1]["off"], rows[1]["off_high"]) == ("warp", -0.31, -0.25)


@pytest.mark.parametrize("show", [matrix, separations])
def test_of_nothing_a_sentence_says_so(show):
    assert isinstance(show({}), Markdown)
