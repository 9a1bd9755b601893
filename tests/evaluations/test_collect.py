"""What is trained is evaluated once; what is not is named; nothing is trained."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from oneshot import systems
from oneshot.claims import statement
from oneshot.evaluations import at_hand, collect, evaluate, failures, table
from oneshot.evaluations import measure as measuring
from oneshot.evaluations.collect import plan
from oneshot.evaluations.evaluate import Evaluation, varied
from oneshot.evaluations.record import HUMAN, Record
from oneshot.metrics import paired
from oneshot.metrics.intervals import Interval, mean
from oneshot.metrics.scoring import score
from oneshot.recipes import Drawn, presets
from oneshot.recipes.base import reseeded
from oneshot.store import Store


def test_what_is_evaluated_for_each_figure():
    framework = plan("framework", "glyphs", names=["vae-ns", "ddpm"])
    own = [(t.system, t.changes) for t in framework if not t.changes]
    assert own == [(HUMAN, ()), ("vae-ns", ()), ("ddpm", ())]
    assert [t.changes for t in framework if t.changes] == [
        *((("beta", beta),) for beta in (0.25, 0.5, 2.0, 4.0)),
        (("set_size", 2),),
        (("set_size", 10),),
    ]
    for dataset, own in (("glyphs", 1.0), ("omniglot", 4.0)):
        changes = [t.changes for t in plan("framework", dataset, names=["vae-stn"]) if t.changes]
        betas = [(("beta", beta),) for beta in (0.25, 0.5, 1.0, 2.0, 4.0) if beta != own]
        assert changes == [*betas, (("steps", 10),), (("steps", 40),)]
    guidance = plan("guidance", "glyphs")
    assert guidance[0].system == HUMAN
    assert {t.system for t in guidance[1:]} == {"ldm", "cfgdm", "fsdm"}
    assert [t.drawn.guidance for t in guidance if t.system == "cfgdm"] == list(collect.GUIDANCE)
    speed = plan("speed", "glyphs", names=["fsdm", "vae-stn"])
    assert speed[0].system == HUMAN
    assert {t.system for t in speed[1:]} == {"fsdm"} and len(speed) == 16
    assert {t.drawn.steps for t in speed[1:]} == set(collect.STEPS)
    assert len({t.keys["scores"] for t in speed}) == 16
    with pytest.raises(ValueError, match="unknown table"):
        plan("speeds", "glyphs")
    with pytest.raises(ValueError, match="unknown system 'gan'"):
        plan("framework", "glyphs", names=["gan"])


def test_released_critics_judge_omniglot_where_they_are(tmp_path, monkeypatch):
    def critics(dataset):
        return [t.critics for t in plan("framework", dataset, names=[HUMAN])]

    monkeypatch.setattr(collect, "root", lambda _: tmp_path)
    assert critics("omniglot") == ["own"]
    for file in collect.ReleasedCritic.FILES.values():
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


@pytest.mark.parametrize("kind", ["framework", "guidance", "speed"])
def test_an_evaluation_is_found_again_from_its_record(kind):
    for one in plan(kind, "glyphs", names=["ldm", "vae-ns", "ddpm"]):
        known = {"variations": 20} if one.model is None else {}
        fields = dict.fromkeys(("diversity", "diversity_raw", "originality", "recognizability"))
        record = Record(
            **one.identity | known,
            **fields,
            recognizability_all=None,
            changed=one.changed,
            bins=[],
            per_concept={},
            recipes=one.keys,
        )
        for known in (record, replace(record, changed=())):  # the system's own when it was written
            again = at_hand.evaluation_of(known)
            assert again.keys == one.keys and again.of(known) and again.changed == one.changed


def test_only_what_is_other_than_the_systems_own_is_changed():
    alone = Evaluation("glyphs", "laptop", "ldm")
    assert alone.changed == () and alone.settings == {"regularizer": "prototype", "beta": 30.0}
    swept = replace(alone, changes=(("regularizer", "prototype"), ("beta", 30.0)), guidance=1.0)
    assert swept.changed == () and swept.keys == alone.keys
    other = replace(alone, changes=(("regularizer", "none"),), guidance=0.5, seed=1)
    assert other.changed == ("guidance", "seed", "settings.beta", "settings.regularizer")
    pair = {"regularizer": "barlow+prototype", "beta": 3.0, "beta_barlow": 30.0}
    assert evaluate.regularized({"prototype": 3, "barlow": 30.0}) == pair
    model = replace(alone, changes=tuple(pair.items())).model
    assert dict(model.autoencoder.regularizers) == {"barlow": 30.0, "prototype": 3.0}
    assert Evaluation("glyphs", "draft", HUMAN).identity["size"] == "laptop"


def test_the_table_that_ships_is_of_the_recipes_of_today():
    # what the released critics score changes with how drawings are prepared for them
    for record in table.read(table.SHIPPED / table.NAME).where(critics="own"):
        one = at_hand.evaluation_of(record)
        assert one.of(record), f"{record.slug} was made by another recipe"
        assert one.changed == tuple(sorted(record.changed))


def test_what_is_trained_is_evaluated_once(home, monkeypatch):
    there = home.find(systems.recipe("vae-stn", "glyphs", "smoke")) is not None
    found = collect.collect("framework", "glyphs", "smoke", store=home)
    human, ldm = found.records[:2]
    assert (human.system, ldm.system) == (HUMAN, "ldm")
    assert found.untrained == (() if there else ("vae-stn",))
    assert ldm.parameters > 1000 and ldm.training["seconds"] > 0
    assert ldm.training["steps"] == {"autoencoder": 30, "diffusion": 30}
    assert (ldm.guidance, ldm.sampler, ldm.drawing["precision"][:2]) in [
        (1.0, "dpm_solver_pp", kind) for kind in ("fp", "bf")
    ]
    assert human.training == {} and human.parameters is None
    assert len(ldm.bands) == len(ldm.bins) and ldm.grey.low <= ldm.grey.high
    monkeypatch.setattr(Evaluation, "record", lambda *_, **__: pytest.fail("evaluated again"))
    again = collect.collect("framework", "glyphs", "smoke", store=home)
    assert [r.recipes for r in again.records] == [r.recipes for r in found.records]
    table.add([replace(ldm, changed=("guidance",))])  # as it was before it was drawn so by itself
    assert collect.collect("framework", "glyphs", "smoke", ["ldm"], home).records[1].changed == ()
    look = table.read().where(dataset="glyphs", size="smoke").defaults()
    assert look.human == Record.from_json(human.to_json())
    shown = at_hand.drawings(look)
    assert shown[HUMAN].names == shown["ldm"].names
    assert (np.diff(shown["ldm"].originality, axis=1) >= 0).all()


def test_figures_ask_for_what_a_record_lacks(home):
    alone = Evaluation("glyphs", "smoke", "ldm", guidance=1.0)
    record = alone.record(home)
    assert alone.of(record) and not replace(alone, guidance=0.5).of(record)
    assert not replace(alone, chosen=True).of(record)
    assert not collect._complete(record, alone, "framework", home)
    assert collect._complete(replace(record, kept=("spread",)), alone, "framework", home)
    assert not collect._complete(replace(record, kept=("speed",)), alone, "speed", home)
    timed = replace(record, kept=("speed",), drawing={"milliseconds": 3.0})
    assert collect._complete(timed, alone, "speed", home)


def test_scores_that_see_more_are_added_to_what_is_known(home, monkeypatch):
    second = presets.second_critic("glyphs", "smoke")
    if not home.find(second):
        found = collect.collect("beyond", "glyphs", "smoke", ["copy"], home)
        assert found.records == () and found.untrained == ("second_critic",)
    home.get(second)
    made = collect.collect("framework", "glyphs", "smoke", ["copy"], home).records
    before = [Record.from_json(one.to_json()) for one in made]
    found = collect.collect("beyond", "glyphs", "smoke", ["copy"], home).records
    for one, more in zip(before, found, strict=True):
        assert more.per_concept.items() >= one.per_concept.items()
        assert more.recipes == one.recipes | {"beyond": more.recipes["beyond"]}
        assert replace(more, per_concept=one.per_concept, recipes=one.recipes) == one
    people, copy = found
    gaps = failures.gaps(copy, people)
    assert list(gaps) == list(failures.COMPARED) and gaps["recall"].value == -1
    assert failures.gaps(before[1], people).keys() == set(paired.PLANE_SCORES)
    assert set(failures.gaps(people, people).values()) == {Interval(0, 0, 0)}
    monkeypatch.setattr(Evaluation, "record", lambda *_, **__: pytest.fail("evaluated again"))
    monkeypatch.setattr(Evaluation, "beyond_the_plane", lambda *_: pytest.fail("scored again"))
    collect.collect("beyond", "glyphs", "smoke", ["copy"], home)
    collect.collect("framework", "glyphs", "smoke", ["copy"], home)
    look = table.read().where(dataset="glyphs", size="smoke", system=["copy"])
    assert look.human == Record.from_json(people.to_json())


def test_the_combination_of_the_paper_is_seen_by_the_scores_that_see_more():
    people, own, combined = collect.plan("beyond", "omniglot", names=["ldm"])
    assert (people.system, own.changes) == ("human", ())
    assert combined.model.autoencoder.betas == {"barlow": 30.0, "prototype": 30.0}
    assert len(collect.plan("beyond", "omniglot", names=["cfgdm"])) == 2


def test_other_seeds_are_seen_by_the_scores_that_see_more(home):
    again = Evaluation("glyphs", "smoke", "vae-elastic", seed=1)
    for recipe in (presets.second_critic("glyphs", "smoke"), again.model):
        home.get(recipe)
    found = collect.collect("seeds", "glyphs", "smoke", ["vae-elastic"], home)
    people, other = found.records
    assert (people.seed, other.seed) == (0, 1) and found.untrained == ("vae-elastic of seed 2",)
    assert other.recipes["beyond"] == again.beyond.key and "precision" in other.per_concept


def test_scores_that_see_more_stand_in_for_those_there_were():
    one = Evaluation("glyphs", "smoke", "copy")
    known = {"scale": [1.0], "distance": [2.0], "second": [3.0]}
    fields = dict.fromkeys(("diversity", "diversity_raw", "originality", "recognizability"))
    record = Record(
        **one.identity,
        **fields,
        recognizability_all=None,
        changed=(),
        bins=[],
        per_concept=known,
        recipes={"scores": "scored", "beyond": "as it was"},
    )
    made = SimpleNamespace(get=lambda _: {"scale": [9.0], "second": [4.0], "memory": [5.0]})
    found = one.beyond_the_plane(record, made)
    assert found.per_concept == known | {"second": [4.0], "memory": [5.0]}
    assert found.recipes == {"scores": "scored", "beyond": one.beyond.key}


def test_sensitivity_is_the_same_drawings_judged_in_other_circumstances(home):
    critics = [presets.originality_critic, presets.recognition_critic]
    for critic in (presets.second_critic, *critics):
        home.get(critic("glyphs", "smoke"))
    seeded = [reseeded(critic("glyphs", "smoke"), 1) for critic in critics]
    if not all(map(home.find, seeded)):
        found = collect.collect("sensitivity", "glyphs", "smoke", ["ldm"], home)
        assert found.untrained == ("critics of seed 1",)
        assert {one.critics for one in found.records} == {"vit", "thin", "bold", "half"}
    for critic in seeded:
        home.get(critic)
    found = collect.collect("sensitivity", "glyphs", "smoke", ["ldm"], home)
    assert [one.critics for one in found.records] == [*collect.OTHERS] * 2 and not found.untrained
    people, ldm = found.records[:5], found.records[5:]
    assert {one.system for one in people} == {HUMAN} and {one.system for one in ldm} == {"ldm"}
    own = Evaluation("glyphs", "smoke", "ldm").record(home)
    assert len({one.recipes["samples"] for one in (own, *ldm)}) == 1, "drawn once"
    scores = {one.critics: one.per_concept["raw_diversity"] for one in (own, *ldm)}
    assert scores.pop("vit") == scores["own"], "only recognition is judged by another"
    assert len({tuple(values) for values in scores.values()}) == len(scores)
    half = Evaluation("glyphs", "smoke", "ldm", critics="half").parts["scores"]
    assert home.get(half).variations == own.variations // 2 == half.variations
    assert not any(one.kept for one in found.records)


def test_without_critics_nothing_is_evaluated(tmp_path):
    empty = Store(tmp_path / "cache", tmp_path / "zoo")
    found = collect.collect("guidance", "glyphs", "smoke", ["ldm", HUMAN], empty)
    assert found.records == () and found.untrained == ("critics", "ldm")
    assert not (tmp_path / "cache" / "runs").exists()


def test_exemplars_are_those_of_the_kept_names_or_none(home):
    record = Evaluation("glyphs", "smoke", "ldm", guidance=1.0).record(home)
    shown = Evaluation("glyphs", "smoke", "ldm", guidance=1.0).shown(home, "sheet")
    there = at_hand.exemplars(record, shown)
    assert there.shape[0] == len(shown.names)
    # concepts that were clustered anew may be others
    other = replace(shown, names=shown.names[::-1])
    assert at_hand.exemplars(record, other) is None
    assert at_hand.exemplars(record, replace(shown, concepts=shown.concepts + 10_000)) is None


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
    between, inked = measuring.grey(pages)
    assert between.sum() / inked.sum() == pytest.approx((1 + 4) / (5 + 8))
    assert measuring.grey(np.zeros_like(pages))[0].tolist() == [0, 0]


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


def test_a_system_trained_again_stands_beside_its_first_training(home):
    for critic in (presets.originality_critic, presets.recognition_critic):
        home.get(critic("glyphs", "smoke"))
    assert collect.collect("seeds", "glyphs", "smoke", ["copy"], home).untrained == ()
    for seed in (0, 1):
        home.get(reseeded(systems.recipe("vae-stn", "glyphs", "smoke"), seed))
    found = collect.collect("seeds", "glyphs", "smoke", ["vae-stn"], home)
    assert found.untrained == ("vae-stn of seed 2",)
    people, again = found.records
    own = Evaluation("glyphs", "smoke", "vae-stn").record(home)
    assert again.changed == ("seed",) and again.seed == 1
    assert again.per_concept["raw_diversity"] != own.per_concept["raw_diversity"]
    assert statement.trainings(own, table.Table([people, own, again])) == [own, again]
    assert collect.plan("seeds", "omniglot", names=["ldm"])[-1].model == reseeded(
        systems.recipe("ldm", "omniglot"), 2
    )
