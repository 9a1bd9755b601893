"""The numbers behind a figure travel with what is displayed."""

import numpy as np
from IPython.core.formatters import DisplayFormatter

from oneshot.metrics.intervals import Interval
from oneshot.metrics.paired import Claim
from oneshot.widgets import figures, tables
from oneshot.widgets.rows import flat

NEAR = {"human": Interval(0.0, 0.0, 0.1), "ldm": Interval(0.5, 0.4, 0.75)}


def carried(shown) -> dict:
    formatter = DisplayFormatter()
    formatter.active_types = formatter.format_types
    data, metadata = formatter.format(shown)
    assert data
    return metadata["oneshot"]


def test_an_interval_is_three_columns_and_numbers_are_those_of_json():
    row = flat({"name": "a", "score": Interval(1, 0, 2.5), "n": np.float32(0.5), "s": {"beta": 1}})
    assert row == {
        "name": "a", "score": 1.0, "score_low": 0.0, "score_high": 2.5, "n": 0.5, "s": '{"beta": 1}'
    }  # fmt: skip


def test_a_figure_carries_what_it_shows_in_the_order_shown():
    told = carried(figures.ranking({"distance": NEAR}))
    assert told["columns"] == ["name", "quantity", "value", "value_low", "value_high"]
    assert told["rows"][1] == ["LDM", "distance", 0.5, 0.4, 0.75]


def test_a_table_carries_numbers_and_one_of_texts_carries_texts():
    table = tables.table(NEAR, {"far": lambda one: one, "": lambda one: "<b>x</b> &amp;"})
    assert carried(table) == {
        "columns": ["name", "far", "far_low", "far_high", ""],
        "rows": [["human", 0.0, 0.0, 0.1, "x &"], ["LDM", 0.5, 0.4, 0.75, "x &"]],
    }
    plain = carried(tables.grid(["far"], {"a": ["1 <small>0–2</small>"]}))
    assert plain == {"columns": ["name", "far"], "rows": [["a", "1 0–2"]]}


def test_statements_carry_what_was_measured_and_those_untested_are_left_out():
    tested = Claim("A is above B.", Interval(1.0, 0.5, 1.5), "by 1", "holds", "fig. 2")
    told = carried(tables.verdicts([tested, Claim.untested("C.", "nothing")]))
    row = dict(zip(told["columns"], told["rows"][0], strict=True))
    assert len(told["rows"]) == 1
    assert row["verdict"] == "holds" and (row["measured_low"], row["measured_high"]) == (0.5, 1.5)


def test_what_shows_nothing_carries_nothing():
    assert tables.verdicts([])._repr_mimebundle_() == ({}, {})
