"""Pages: whole with results, plain without."""

from dataclasses import replace

import made_up
import pytest
from anywidget import AnyWidget
from IPython.display import HTML, Markdown
from matplotlib.figure import Figure
from pages import outputs, told

from oneshot.api import NotMade
from oneshot.attribution import agreement
from oneshot.claims.gathered import PAPERS
from oneshot.evaluations import table
from oneshot.recipes import presets
from oneshot.widgets import words

SYSTEMS = ("framework", "pixel_diffusion", "sampling_speed", "baselines")
LATENTS = ("regularization", "combinations", "samples", "latent_space")


@pytest.fixture
def empty(tmp_path, monkeypatch, smoke):
    """Let pages find no results."""
    monkeypatch.setattr(table, "SHIPPED", tmp_path)
    monkeypatch.setattr(table, "cache", lambda *_: tmp_path / "none.jsonl")
    monkeypatch.setattr(agreement, "SHIPPED", tmp_path / "agreement.json")


@pytest.fixture
def full(everything, monkeypatch, smoke, tmp_path):
    """Let pages find made-up results."""
    monkeypatch.setattr(table, "SHIPPED", everything)
    monkeypatch.setattr(table, "cache", lambda *_: tmp_path / "none.jsonl")
    monkeypatch.setattr(agreement, "SHIPPED", tmp_path / "agreement.json")


@pytest.mark.parametrize("name", SYSTEMS)
def test_without_results_a_page_on_systems_says_so(name, empty):
    shown = outputs(name)
    assert "No system on `omniglot` at size laptop yet. To add " in told(shown)
    assert not any(isinstance(value, Figure | HTML) for value in shown)


@pytest.mark.parametrize("name", LATENTS)
def test_without_results_a_page_on_latents_says_so(name, empty):
    shown = outputs(name, dataset="quickdraw", preset="laptop")
    assert "There is no run on quickdraw at size laptop yet." in told(shown)
    assert not any(isinstance(value, Figure | HTML) for value in shown)


def test_without_results_nothing_has_been_found(empty):
    assert "Nothing has been tested yet." in told(outputs("findings"))


@pytest.mark.parametrize("name", SYSTEMS)
def test_with_results_a_page_on_systems_shows_them(name, full):
    given = {
        "baselines": {"settings": "laptop"},
        "framework": {"second": "omniglot"},
        "sampling_speed": {"second": "omniglot"},
    }
    shown = outputs(name, **given.get(name, {}))
    words = told(shown)
    assert "nothing to show" not in words and "have been kept yet" not in words
    assert any(isinstance(value, AnyWidget) for value in shown)
    assert sum(isinstance(value, Figure) for value in shown) >= 2 - (name == "baselines")
    if name == "framework":
        told_again = "statements none comes out differently under the critics of the paper."
        assert told_again in words
    if name in ("framework", "pixel_diffusion"):
        assert "Nearest to the human drawings is **CFGDM**" in words
    if name == "baselines":
        assert "- VAE-STN, β 0.25 to 4: diversity -0." in words
    if name == "sampling_speed":
        assert "Beside 500 ancestral steps of CFGDM, all intervals lie within 0.03" in words


@pytest.mark.parametrize("name", LATENTS)
def test_with_results_a_page_on_latents_shows_them(name, full):
    # that page compares with longer runs, which are those of size laptop
    size = "draft" if name == "combinations" else "laptop"
    shown = outputs(name, dataset="quickdraw", preset=size)
    words = told(shown)
    assert f"Runs on quickdraw at size {size}: **none** 1" in words
    assert "nothing to show" not in words and "have been kept yet" not in words
    if name == "combinations":
        assert "Barlow with the prototype comes nearest to the human drawings." in words
    if name == "regularization":
        assert words.count("rises with the beta of") == 12
        assert "Nearest to human on test concepts is **" in words
    if name == "samples":
        assert "### prototype" in words and "**concept 0**" in words


def test_with_results_the_board_has_all_statements(full):
    where = {"second": "omniglot", "latent": "glyphs", "size": "laptop", "system": "cfgdm"}
    shown = outputs("findings", dataset="omniglot", **where)
    words = told(shown)
    assert sum(isinstance(value, Figure) for value in shown) == 1
    assert "- Omniglot: **CFGDM**" in words
    heads = [line.split(".**")[0] for line in words.splitlines() if line.startswith("**")]
    assert heads[:3] == [f"**{paper}" for paper in PAPERS]
    assert "tested on Omniglot, with one seed a model, " in words
    (board,) = (v.data for v in shown if isinstance(v, HTML) and "oneshot-board" in v.data)
    for about in ("Omniglot", "Letters by a synthetic hand"):
        assert f" · {about} · 24 concepts, one seed" in board
    assert "not tested yet" not in board
    (figure,) = (value for value in shown if isinstance(value, Figure))
    bars = [bar.get_width() for bars in figure.axes[0].containers for bar in bars]
    assert sum(bars) == 2 * board.count("<li ")  # one by one, and together


def test_guidance_is_read_where_it_is_not_quick(full):
    words = told(outputs("guidance", dataset="omniglot", system="cfgdm", second="omniglot"))
    assert "The drawings of models are by CFGDM." in words
    assert words.count("At guidance 2 drawings are more recognizable than at guidance 0.") == 2
    assert "is nearest to human" in words


def test_guidance_that_is_not_there_is_asked_for_with_the_command(empty):
    with pytest.raises(ValueError, match="`oneshot results guidance --dataset omniglot --system"):
        outputs("guidance", dataset="omniglot", system="cfgdm")
    with pytest.raises(ValueError, match=r"expected system: ldm \| cfgdm"):
        outputs("guidance", dataset="omniglot", system="vae-stn")


def test_what_is_kept_of_concepts_is_shown_without_their_drawings(full):
    shown = outputs("concepts")
    words = told(shown)
    assert "`oneshot data fetch quickdraw` brings them" in words
    assert any(isinstance(value, Markdown) for value in shown)


def test_the_first_page_needs_a_model_and_no_results(empty, judges):
    judges.get(presets.latent_diffusion("glyphs", "smoke"))
    shown = outputs("quickstart", dataset="glyphs", preset="smoke")
    assert any(isinstance(value, HTML) for value in shown)
    with pytest.raises(
        NotMade, match="`oneshot make ldm --dataset glyphs --preset paper` makes it"
    ):
        outputs("quickstart", dataset="glyphs", preset="paper")


def test_how_drawings_were_timed_is_told():
    slow, other = (
        made_up.row("cfgdm", (0.4, 90), drawing={"milliseconds": 3.0, "device": "cpu"} | more)
        for more in ({"precision": "bf16"}, {"precision": "fp32", "timed": "bf16"})
    )
    assert words.timed([slow, other]).data == "Timed on cpu in bf16."
    fast = replace(other, drawing=other.drawing | {"device": "cuda", "timed": "fp32"})
    assert words.timed([slow, fast]).data == "Timed on cpu in bf16 and cuda in fp32."
    assert words.timed([made_up.row("cfgdm", (0.4, 90))]).data == ""
