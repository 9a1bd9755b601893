"""How families fail, and what a setting changes, is told with intervals."""

from dataclasses import replace

import made_up
import numpy as np
import pytest

from oneshot.comparison import looking
from oneshot.widgets import baselines


@pytest.fixture(autouse=True)
def no_drawings_at_hand(monkeypatch):
    monkeypatch.setattr(looking.sweep, "concepts", lambda *_: None)


def test_differences_from_people_are_told_in_words(found):
    text = baselines.failures(found).data
    assert text.count("<tr>") == 10
    assert (
        "<th>VAE-STN</th><td>+0.254" in text and "strays: varies more than human drawings" in text
    )
    words = baselines.summary(found).data.splitlines()
    assert len(words) == 8 and words[3].startswith("- **VAE-NS** strays")


def test_settings_are_shown_where_there_are_runs(found):
    assert baselines.sweeps(found) == [("vae-stn", "beta")]
    (axes,) = baselines.tradeoffs(found).axes
    path = next(line for line in axes.lines if len(line.get_xdata()) == 3)
    expected = [row.point for row in found.variants("vae-stn", "beta")]
    np.testing.assert_allclose(path.get_xydata(), expected)
    made = baselines.slider(found, "vae-stn", "beta", shown=2)
    assert made.sliders[0] == {"label": "β", "values": ["0.25", "1", "4"]}
    assert made.captions[2].startswith("VAE-STN, β 1: diversity 0.64, recognizability 75.0")
    without = replace(found, rows=tuple(row for row in found.rows if not row.variant))
    assert baselines.sweeps(without) == []
    assert "--variant beta=4" in baselines.tradeoffs(without).data


def test_what_a_setting_changes_is_told_with_intervals(found):
    (line,) = baselines.directions(found).data.splitlines()
    assert line.startswith("- VAE-STN, \u03b2 0.25 to 4: diversity -0.200 [")
    assert "; in diversity as published; recognizability is highest in between, at 1." in line
    turned = {0.25: 4.0, 4.0: 0.25}
    rows = [
        replace(row, settings={"beta": turned[row.variant["beta"]]}) if row.variant else row
        for row in found.rows
    ]
    (line,) = baselines.directions(replace(found, rows=tuple(rows))).data.splitlines()
    assert "against the published direction" in line


def test_settings_of_one_system_have_their_own_colours(found):
    rows = [replace(row, settings={"beta": 1.0, "set_size": 5.0}) for row in found.rows]
    own = next(row for row in rows if row.system == "vae-ns")
    more = [
        made_up.row("vae-ns", (0.5, 70.0), variant={name: v}, settings=own.settings | {name: v})
        for name, v in (("beta", 4.0), ("set_size", 10.0))
    ]
    rows = [row for row in rows if not row.variant]
    (axes,) = baselines.tradeoffs(replace(found, rows=(*rows, *more))).axes
    paths = {line.get_label(): line.get_color() for line in axes.lines if "VAE" in line.get_label()}
    assert len(paths) == len(set(paths.values())) == 2


def test_a_sheet_is_labelled_by_its_plates(found):
    made = baselines.sheet(found, "vae-ns", concepts=3)
    assert made.axes[0].images[0].get_size() == (3 * 99, 12 * 99)
    assert [text.get_text() for text in made.axes[0].texts if text.get_text()] == ["exemplar"]
