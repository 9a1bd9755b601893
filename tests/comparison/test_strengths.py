"""A system under guidance is drawn here or read from the results, and says which."""

import made_up
import numpy as np
import pytest
import torch
from IPython.display import HTML, Markdown
from pages import outputs, told

from oneshot import comparison, store, tables
from oneshot.comparison import looking, rows
from oneshot.drawings.errors import DataError
from oneshot.metrics import guided
from oneshot.widgets import generalization
from oneshot.widgets.sprite_slider import SpriteSlider

STRENGTHS = [0.0, 0.25, 1.0, 2.0]


@pytest.fixture
def results(tmp_path, monkeypatch):
    """Tables in a folder of the test, and no data set at hand."""
    made = made_up.comparison(tmp_path, "guidance")
    rows.add(made.file, made.rows)
    monkeypatch.setattr(tables, "place", lambda name, *_: tmp_path / f"{name}.json")
    monkeypatch.setattr(looking.sweep, "concepts", lambda *_: None)
    return made


def test_a_slow_system_is_read_from_the_results(results):
    found = comparison.strengths("cfgdm", "omniglot", "laptop", STRENGTHS, shown=3)
    assert found.guidance == [0.0, 1.0, 2.0]
    assert found.about.endswith("Left out, because not there: guidance 0.25.")
    assert [score.guidance for score in found.scores] == found.guidance
    kept = results.drawings(found.scores[1]).drawings
    np.testing.assert_array_equal(found.drawings[1], kept[[0, 5, 11]])
    assert found.exemplars is None and found.model is None
    claims = guided.statements(found.guidance, found.scores, found.human)
    assert claims[0].verdict == "holds" and claims[0].interval.value == pytest.approx(6, abs=1e-3)


def test_without_results_the_command_that_makes_them_is_named(results):
    with pytest.raises(ValueError, match="oneshot results guidance --dataset glyphs --system cfg"):
        comparison.strengths("cfgdm", "glyphs", "laptop", [0.0])
    with pytest.raises(ValueError, match=r"at size laptop and guidance 0.3, 0.7: make them"):
        comparison.strengths("cfgdm", "omniglot", "laptop", [0.3, 0.7])
    with pytest.raises(ValueError, match="vae-stn has no guidance"):
        comparison.strengths("vae-stn", "omniglot", "laptop", [0.0])


def test_without_the_data_set_a_quick_system_is_read_from_the_results(results, monkeypatch):
    def missing(recipe):
        raise DataError("no drawings")

    monkeypatch.setattr(store, "get", missing)
    found = comparison.strengths("ldm", "omniglot", "laptop", [0.0, 2.0])
    assert found.guidance == [0.0, 2.0] and len(found.names) == 12


def test_a_quick_system_draws_here(smoke):
    found = comparison.strengths("ldm", "glyphs", "smoke", [0.0, 1.0], shown=4)
    assert [page.shape for page in found.drawings] == [(len(found.names), 10, 1, 48, 48)] * 2
    assert found.exemplars.shape == (len(found.names), 1, 48, 48)
    again = found.model.draw(found.exemplars[:1], 2, guidance=1.0, concepts=[0])
    assert torch.isfinite(again).all() and "Drawn and scored here" in found.about
    assert guided.statements(found.guidance, found.scores, found.human)


def test_ends_of_curves_are_told_beside_the_published_ones(results):
    found = comparison.strengths("cfgdm", "omniglot", "laptop", STRENGTHS)
    text = generalization.ends(found.guidance, found.scores, found.human).data
    lines = text.split("<tr>")[2:]
    assert [line.split("</th>")[0] for line in lines] == [
        "<th>human",
        "<th>guidance 0",
        "<th>guidance 1",
        "<th>guidance 2",
    ]
    assert (
        lines[3]
        .split("</tbody>")[0]
        .endswith("<td>0.27 <small>99.8 %</small></td><td>0.74 <small>95.7 %</small></td></tr>")
    )
    first = found.scores[2].bins[0]
    own = lines[3].split("</td>")[0]
    assert f"<td>{first[0]:.2f} <small>" in own and f"{first[1]:.1f}\u00a0% <small>" in own


def test_what_was_kept_is_found_or_not_without_an_error(results):
    found = comparison.kept("cfgdm", "omniglot", "laptop", STRENGTHS, shown=3)
    assert found.guidance == [0.0, 1.0, 2.0]
    assert comparison.kept("cfgdm", "quickdraw", "laptop", STRENGTHS) is None
    assert comparison.kept("cfgdm", "omniglot", "laptop", [0.3]) is None


def test_the_slider_steps_through_strengths_and_concepts(results):
    found = comparison.kept("cfgdm", "omniglot", "laptop", STRENGTHS, shown=3)
    made = generalization.strength_slider(found)
    assert made.sliders[0]["values"] == ["0", "1", "2"] and len(made.sliders[1]["values"]) == 3
    assert len(made.plot["dots"]) == 3
    one = found.scores[1]
    assert made.plot["dots"][1] == pytest.approx([one.originality.value, one.recognizability.value])


def test_the_page_of_guidance_shows_a_slow_system(results, capsys):
    shown = outputs("guidance", dataset="omniglot", system="cfgdm")
    words = told(shown)
    assert "read from `data/results`. Left out, because not there: guidance 0.2, 0.4" in words
    assert "Drawing live takes the trained model" in words
    assert "At guidance 2 drawings are more recognizable than at guidance 0." in words
    assert sum(isinstance(value, HTML) for value in shown) == 2
    assert "There are no results of CFGDM on quickdraw at size laptop yet." in words
    assert SpriteSlider.__name__ in capsys.readouterr().out
    assert any(isinstance(value, Markdown) and "1,623 characters" in value.data for value in shown)


def test_the_page_of_guidance_shows_people_s_drawings_beside_its_own(results, capsys):
    shown = outputs("guidance", dataset="omniglot", system="cfgdm", second="omniglot")
    assert capsys.readouterr().out.count(SpriteSlider.__name__) == 2
    assert (
        told(shown).count("At guidance 2 drawings are more recognizable than at guidance 0.") == 2
    )
