"""What tells rows from people is coloured, named, and said with its interval."""

import pytest
from IPython.display import Markdown
from matplotlib.colors import to_hex

from oneshot.metrics.intervals import Interval
from oneshot.widgets.matrix import LESS, MORE, NEAR, matrix, told_apart

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


def test_what_sees_is_said_with_its_interval():
    lines = told_apart(ROWS).data.splitlines()
    assert lines[0].startswith("- **warp** is told from people on the plane not at all; of the ")
    assert "by recall (−31\u00a0%, −37 to −25), grey (+3180\u00a0%, +3120 to +3240)." in lines[0]
    assert lines[1].endswith("on the plane by diversity (−100\u00a0%, −100 to −100).")


@pytest.mark.parametrize("show", [matrix, told_apart])
def test_of_nothing_a_sentence_says_so(show):
    assert isinstance(show({}), Markdown)
