"""What is trained is scored once; what is not is named; nothing is trained."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from oneshot import systems
from oneshot.comparison import looking, making, measuring, rows
from oneshot.comparison.making import Trial, collect, trials, varied
from oneshot.metrics.intervals import mean
from oneshot.metrics.scoring import score
from oneshot.recipes import Drawn, presets
from oneshot.results import HUMAN
from oneshot.store import Store


def test_trials_of_each_table():
    framework = trials("framework", "glyphs", systems=["vae-ns", "ddpm"])
    own = [(t.system, t.variant) for t in framework if not t.variant]
    assert own == [(HUMAN, ()), ("vae-ns", ()), ("ddpm", ())]
    assert [t.variant for t in framework if t.variant] == [
        *((("beta", beta),) for beta in (0.25, 0.5, 2.0, 4.0)),
        (("set_size", 2),),
        (("set_size", 10),),
    ]
    guidance = trials("guidance", "glyphs")
    assert guidance[0].system == HUMAN
    assert {t.system for t in guidance[1:]} == {"ldm", "cfgdm"}
    assert [t.drawn.guidance for t in guidance if t.system == "cfgdm"] == list(making.STRENGTHS)
    speed = trials("speed", "glyphs", systems=["fsdm", "vae-stn"])
    assert speed[0].system == HUMAN
    assert {t.system for t in speed[1:]} == {"fsdm"} and len(speed) == 16
    assert {t.drawn.steps for t in speed[1:]} == set(making.STEPS)
    assert len({t.scores.key for t in speed}) == 16
    with pytest.raises(ValueError, match="unknown table"):
        trials("speeds", "glyphs")
    with pytest.raises(ValueError, match="unknown system 'gan'"):
        trials("framework", "glyphs", systems=["gan"])


def test_released_critics_judge_omniglot_where_they_are(tmp_path, monkeypatch):
    def critics(dataset):
        return [t.critics for t in trials("framework", dataset, systems=[HUMAN])]

    monkeypatch.setattr(making, "root", lambda _: tmp_path)
    assert critics("omniglot") == ["own"]
    for file in making.ReleasedCritic.FILES.values():
        (tmp_path / file).touch()
    assert critics("omniglot") == ["own", "released"] and critics("quickdraw") == ["own"]


def test_a_variant_keeps_the_type_of_its_field():
    stn, gan = (systems.recipe(name, "glyphs") for name in ("vae-stn", "da-gan-un"))
    assert varied(stn, {"beta": 2}).beta == 2.0 and isinstance(varied(stn, {"beta": 2}).beta, float)
    assert varied(gan, {"as_released": 1.0}).as_released is True
    assert varied(stn, {"beta": 1.0}) == stn
    assert varied(stn, {"beta": "4"}).beta == 4.0 and varied(stn, {"steps": "7"}).steps == 7
    for recipe, field, value, kind in (
        (stn, "beta", "much", "a number"),
        (stn, "beta", "nan", "a number"),
        (stn, "steps", 2.7, "a whole number"),
        (gan, "as_released", 0.5, "0 or 1"),
    ):
        with pytest.raises(ValueError, match=f"{field} is {kind}, not {value}"):
            varied(recipe, {field: value})
    with pytest.raises(ValueError, match=r"VaeStn has no number 'betas'; it has latent, .*beta"):
        varied(stn, {"betas": 2.0})


@pytest.fixture
def home(smoke, monkeypatch):
    """The store in which the smallest latent diffusion has been made, and no other system."""
    ldm = systems.recipe("ldm", "glyphs", "smoke")
    for recipe in (ldm, presets.recognition_critic("glyphs", "smoke")):
        smoke.get(recipe)
    monkeypatch.setattr(making, "SYSTEMS", {n: systems.SYSTEMS[n] for n in ("ldm", "vae-stn")})
    return smoke


def test_what_is_trained_is_scored_once(home, monkeypatch):
    there = home.find(systems.recipe("vae-stn", "glyphs", "smoke")) is not None
    found = collect("framework", "glyphs", "smoke", store=home)
    human, ldm = found.rows[:2]
    assert (human.system, ldm.system) == (HUMAN, "ldm")
    assert found.untrained == (() if there else ("vae-stn",))
    assert ldm.parameters > 1000 and ldm.training["steps"] == 60 and ldm.training["seconds"] > 0
    assert (ldm.guidance, ldm.sampler, ldm.drawing["precision"][:2]) in [
        (1.0, "dpm_solver_pp", kind) for kind in ("fp", "bf")
    ]
    assert human.training == {} and human.parameters is None
    monkeypatch.setattr(Trial, "row", lambda *_: pytest.fail("scored again"))
    again = collect("framework", "glyphs", "smoke", store=home)
    assert [r.recipes for r in again.rows] == [r.recipes for r in found.rows]
    look = looking.look("framework", "glyphs", "smoke", ["ldm"])
    assert look.human == rows.Row.from_json(human.to_json())
    shown = {name: look.drawings(row) for name, row in (("ldm", look.systems["ldm"]), ("h", human))}
    assert shown["h"].names == shown["ldm"].names
    assert (np.diff(shown["ldm"].originality, axis=1) >= 0).all()
    people = looking.human_drawings(look)
    np.testing.assert_array_equal(people.drawings, shown["h"].drawings)


def test_a_row_of_another_recipe_is_scored_anew(home, monkeypatch):
    trial = Trial("framework", "glyphs", "smoke", "ldm")
    _, row = collect("framework", "glyphs", "smoke", ["ldm"], home).rows
    assert trial.made(row)
    assert not replace(trial, way=(("guidance", 0.5),)).made(row)
    assert not replace(trial, variant=(("width", 32),)).made(row)
    assert not trial.made(replace(row, critics="released"))


def test_without_critics_nothing_is_scored(tmp_path):
    empty = Store(tmp_path / "cache", tmp_path / "zoo")
    found = collect("guidance", "glyphs", "smoke", ["ldm", HUMAN], empty)
    assert found.rows == () and found.untrained == ("critics", "ldm")
    assert not found.file.exists() and not (tmp_path / "cache" / "runs").exists()


def test_names_that_are_not_known_are_refused():
    with pytest.raises(ValueError, match="unknown system 'gan'"):
        looking.look("framework", "glyphs", "laptop", ["gan"])
    with pytest.raises(ValueError, match="unknown dataset 'glyph'"):
        looking.look("framework", "glyph")
    with pytest.raises(ValueError, match="unknown preset 'huge'"):
        looking.look("framework", "glyphs", "huge")


# measuring


class Pixels(nn.Module):
    """A critic that sees the pixels themselves."""

    side = 4

    def __init__(self):
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))

    def forward(self, images):
        return images.flatten(1)


def test_a_sample_stands_for_all_drawings_or_is_the_first():
    ink = np.random.default_rng(0).permuted(np.tile(np.arange(12), (5, 1)), axis=1)
    pages = np.zeros((5, 12, 1, 4, 4), np.uint8)
    for k, v in np.ndindex(5, 12):
        pages[k, v].reshape(-1)[: 1 + ink[k, v]] = 255
    exemplars = torch.zeros(5, 1, 4, 4)
    exemplars[:, :, 0, 0] = 1
    names = tuple("abcde")
    drawn = Drawn(pages, exemplars, np.arange(10, 15), names)
    spread = measuring.sample(drawn, Pixels(), 0.5, 2.0, 3, 4, spread=True)
    assert spread.names == ("a", "c", "e") and spread.concepts.tolist() == [10, 12, 14]
    # of twelve drawings in four parts, the middles are the second, fifth, eighth and eleventh
    assert (spread.drawings > 0).sum((2, 3, 4)).tolist() == [[2, 5, 8, 11]] * 3
    assert spread.originality[0] == pytest.approx(np.sqrt(np.array([1, 4, 7, 10]) / 16) / 2)
    first = measuring.sample(drawn, Pixels(), 0.5, 2.0, 5, 4, spread=False)
    np.testing.assert_array_equal(first.drawings, pages[:, :4])
    assert measuring.middles(3, 5).tolist() == [0, 1, 2]


def test_grey_is_the_share_of_inked_pixels_between_paper_and_ink():
    pages = np.zeros((2, 3, 1, 4, 4), np.uint8)
    pages[0, :, :, 0], pages[0, :, :, 1, 0] = 255, 128
    pages[1, :, :, 0], pages[1, :, :, 1] = 255, 100
    assert measuring.grey(pages).value == pytest.approx((1 + 4) / (5 + 8))
    assert measuring.grey(np.zeros_like(pages)).value == 0


def test_bands_and_ends_are_of_the_bins_of_the_curve():
    dice = np.random.default_rng(0)
    pages = torch.from_numpy(dice.integers(0, 2, (6, 10, 1, 4, 4)) * 255).byte()
    exemplars = torch.from_numpy(dice.integers(0, 2, (6, 1, 4, 4))).float()
    scores = score(pages, exemplars, Pixels(), Pixels(), threshold=0.5, ways=3, trials=20)
    bounds = measuring.bands(scores)
    last = [row[-1] for row in scores.per_concept["bin_recognizability"]]
    assert len(bounds) == 10 and bounds[-1] == [mean(last).low, mean(last).high]
    ends = measuring.ends(scores)
    assert [row[1] for row in ends["bin_recognizability"]] == last
    assert np.mean(ends["bin_originality"], 0) == pytest.approx(
        [scores.bins[0][0], scores.bins[-1][0]], rel=1e-4
    )
