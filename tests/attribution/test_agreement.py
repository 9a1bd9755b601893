"""Agreement on maps worked out by hand, and on those of the published figure."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from oneshot.attribution import agreement, figure
from oneshot.attribution.baselines import blurred, shuffled
from oneshot.claims import diffusion_artists, latent_representation, this_book
from oneshot.metrics import ranks
from oneshot.metrics.paired import FAILS, HOLDS, UNDECIDED, UNTESTED


def maps(*rows):
    """Maps (C, 1, W) of rows of numbers."""
    return np.array(rows, dtype=float)[:, None]


def test_rank_correlation_by_hand():
    # ranks 1 2 3 4 against 2 1 4 3: 1 - 6 * (1 + 1 + 1 + 1) / (4 * 15)
    first, second = maps([1, 2, 3, 9]), maps([5, 0, 8, 7])
    assert agreement.spearman(first, second) == pytest.approx([0.6])
    assert agreement.spearman(first, -second) == pytest.approx([-0.6])
    where = maps([True, False, True, True]) > 0
    # ranks 1 2 3 against 1 3 2
    assert agreement.spearman(first, second, where) == pytest.approx([0.5])


def test_a_map_without_contrast_agrees_with_nothing():
    assert agreement.spearman(maps([2, 2, 2], [1, 2, 3]), maps([1, 2, 3], [1, 2, 3])) == (
        pytest.approx([0, 1])
    )


def test_sparsity_by_hand():
    pages = maps([1, 1, 1, 1], [0, 0, 0, 5], [0, 0, 0, 0], [1, 2, 3, 4])
    # of 1 2 3 4: 2 * (1 + 4 + 9 + 16) / (4 * 10) - 5 / 4
    assert agreement.gini(pages) == pytest.approx([0, 0.75, 0, 0.25])
    assert agreement.half(maps([0, 5, 5.1, 10], [1, 1, 1, 1])) == pytest.approx([0.5, 1])


def test_ink_spreads_to_its_neighbours():
    page = torch.zeros(1, 1, 5, 5)
    page[0, 0, 2, 0] = 0.6
    assert agreement.near_ink(page).sum() == 6
    with pytest.raises(ValueError, match="exemplar 1 has no ink"):
        agreement.near_ink(torch.stack([page[0], 0.4 * page[0]]))


def test_negative_values_of_a_map_count_by_their_size():
    random = np.random.default_rng(0)
    human, exemplars = random.random((3, 8, 8)), np.ones((3, 1, 8, 8))
    found = agreement.agreement(-human, human, exemplars)
    assert found.all == pytest.approx(1) and found.ink == pytest.approx(1)
    with pytest.raises(ValueError, match="same"):
        agreement.agreement(human[:2], human, exemplars)


def test_corrected_p_values_by_hand():
    # smallest times 3, next times 2, never falling
    assert ranks.holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert ranks.holm([0.6, 0.9]) == pytest.approx([1, 1])


def test_the_effect_is_the_balance_of_ranks():
    # gaps 1 -2 3 and a tie: ranks for 1 + 3, against 2
    _, effect = ranks.signed_rank([1, 0, 3, 7], [0, 2, 0, 7])
    assert effect == pytest.approx((4 - 2) / 6)
    assert ranks.signed_rank([1, 2], [1, 2]) == (1.0, 0.0)


def test_pairs_are_compared_with_intervals():
    random = np.random.default_rng(1)
    base = random.random(25)
    scores = {"a": base + 0.3, "b": base + 0.05 * random.normal(size=25), "c": base}
    found = {(c.first, c.second): c for c in agreement.pairwise(scores)}
    assert list(found) == [("a", "b"), ("a", "c"), ("b", "c")]
    clear = found["a", "c"]
    assert clear.p_holm < 1e-3 and clear.effect == 1
    assert clear.difference.value == pytest.approx(0.3)
    assert found["b", "c"].p_holm > 0.05
    assert all(c.p_holm >= c.p for c in found.values())


@pytest.fixture
def rows():
    random = np.random.default_rng(2)
    human, exemplars = random.random((25, 8, 8)), np.ones((25, 1, 8, 8))
    maps = {
        "ldm": human + 0.1 * random.random(human.shape),
        agreement.NULL: human + random.random(human.shape),
        "cfgdm": human + random.random(human.shape),
    }
    kinds = {"ldm": "guided", "cfgdm": "contrast"}
    return agreement.rows(maps, human, exemplars, kinds, ("quickdraw", "laptop", "a figure"), 3.0)


def test_a_row_says_whether_maps_agree_more_than_the_null(rows):
    ldm, cfgdm = rows
    assert (ldm.system, ldm.kind, cfgdm.kind) == ("ldm", "guided", "contrast")
    assert ldm.blur == cfgdm.blur == 3
    assert ldm.beats_null and ldm.p_ink < 1e-4 and ldm.effect_ink == 1
    assert not cfgdm.beats_null and cfgdm.p_ink > 0.05
    assert ldm.null_ink == cfgdm.null_ink
    gap = ldm.spearman_ink.value - ldm.null_ink.value
    assert ldm.ink_beyond_null.value == pytest.approx(gap) and ldm.ink_beyond_null.low > 0


def test_published_maps_are_as_printed():
    maps = {name: np.random.default_rng(3).random((2, 4, 4)) for name in ("CFGDM", agreement.NULL)}
    ink, place = np.ones((2, 1, 4, 4)), ("quickdraw", "laptop", "a figure")
    (row,) = agreement.rows(maps, maps["CFGDM"], ink, {"CFGDM": "published"}, place, 3.0)
    assert row.blur == 0


def test_stars_are_those_of_the_paper():
    assert [agreement.stars(p) for p in (9e-4, 1e-3, 0.049, 0.05)] == ["***", "*", "*", ""]


def test_p_values_are_corrected_for_the_rows_that_are_shown(rows):
    # all 25 differences point the same way: 2 / 2^25 by itself, and two rows are tested
    assert rows[0].p_ink == pytest.approx(2**-24, rel=1e-3)
    first, second = agreement.beside_null(rows, "ink")
    assert first == pytest.approx(2 * 2**-24, rel=1e-3) and second == rows[1].p_ink
    assert agreement.beside_null(rows[:1], "ink") == pytest.approx([2**-24], rel=1e-3)
    everywhere = [replace(rows[0], p_all=0.01), replace(rows[1], p_all=0.04)]
    assert agreement.beside_null(everywhere, "all") == pytest.approx([0.02, 0.04])


def test_a_row_is_the_same_whatever_it_was_compared_with():
    random = np.random.default_rng(4)
    human, exemplars = random.random((25, 8, 8)), np.ones((25, 1, 8, 8))
    maps = {name: human + random.random(human.shape) for name in (agreement.NULL, "ldm", "cfgdm")}
    place, kinds = ("quickdraw", "laptop", "a figure"), dict.fromkeys(maps, "guided")
    both = agreement.rows(maps, human, exemplars, kinds, place)
    del maps["cfgdm"]
    assert agreement.rows(maps, human, exemplars, kinds, place) == both[:1]


@pytest.fixture(scope="module")
def figures(real_data):
    folder = real_data / "clickme"
    if not folder.is_dir():
        pytest.skip(f"no maps read off a figure in {folder}")
    return figure.published(folder)


def test_the_published_maps_and_the_null_score_what_they_should(figures):
    published = agreement.agreement(figures.model, figures.human, figures.exemplars)
    assert published.all.mean() == pytest.approx(0.843, abs=0.0005)
    assert published.ink.mean() == pytest.approx(0.576, abs=0.0005)
    assert published.half.mean() == pytest.approx(0.312, abs=0.0005)
    assert agreement.half(figures.human).mean() == pytest.approx(0.172, abs=0.0005)
    null = agreement.agreement(blurred(figures.exemplars), figures.human, figures.exemplars)
    assert null.all.mean() == pytest.approx(0.823, abs=0.0005)
    assert null.ink.mean() == pytest.approx(0.525, abs=0.0005)
    assert (published.gini < agreement.gini(figures.human)).mean() > 0.8


def test_a_shuffled_map_agrees_far_less(figures):
    wrong = agreement.agreement(shuffled(figures.model), figures.human, figures.exemplars)
    assert 0.3 < wrong.all.mean() < 0.6


def test_a_saved_row_takes_the_place_of_its_like(tmp_path, rows):
    file = tmp_path / "results" / "agreement.json"
    agreement.save(file, rows)
    agreement.save(file, [replace(rows[0], p_ink=0.5)])
    found = agreement.read(file)
    assert [row.kind for row in found] == ["contrast", "guided"]
    assert found[1].p_ink == 0.5
    assert found[1].spearman_ink.value == pytest.approx(rows[0].spearman_ink.value, rel=1e-5)
    file.write_text("[{}]")
    with pytest.raises(ValueError, match="is no row of a table of results"):
        agreement.read(file)


def test_shipped_rows_are_of_one_comparison(tmp_path, monkeypatch, rows):
    monkeypatch.setattr(agreement, "SHIPPED", tmp_path / "agreement.json")
    assert agreement.shipped() == []
    draft = replace(rows[0], preset="draft")
    agreement.save(agreement.SHIPPED, [*rows, replace(rows[0], human="clicks"), draft])
    assert len({row.place for row in agreement.shipped()}) == 1
    assert [row.preset for row in agreement.shipped("draft")] == ["draft"]


def told(row, system, everywhere, ink, kind="guided"):
    """A row whose correlations lie a gap above a base, of each concept the same."""
    base = np.linspace(0.3, 0.7, 25)
    scores = {"all": (base + everywhere).tolist(), "ink": (base + ink).tolist()}
    return replace(row, system=system, kind=kind, per_concept=scores)


def test_regularizers_are_compared_concept_by_concept(rows):
    found = [
        told(rows[0], "none", 0, 0),
        told(rows[0], "prototype:30", 0.01, 0.02),
        told(rows[0], "barlow:3", 0.01, -0.02),
        told(rows[0], "classification:10", 0.03, 0.03),
    ]
    everywhere, ink = (latent_representation.maps(found, where) for where in ("all", "ink"))
    assert [claim.verdict for claim in everywhere] == [HOLDS, HOLDS, FAILS, UNTESTED]
    assert [claim.verdict for claim in ink] == [HOLDS, FAILS, FAILS, UNTESTED]
    assert everywhere[0].interval.value == pytest.approx(0.01)
    assert ink[1].interval.value == pytest.approx(-0.02)
    assert "on the ink" in ink[0].statement and "on the ink" not in everywhere[0].statement
    assert everywhere[3].evidence == "no guided maps of barlow+prototype"


def test_the_paper_is_judged_by_the_guided_reading(rows):
    gaps = {"guided": -0.02, "contrast": 0.02}
    found = [
        told(rows[0], system, gap, gap, kind)
        for kind, gain in gaps.items()
        for system, gap in (("none", 0), ("prototype:30", gain))
    ]
    paper, own = (
        latent_representation.maps(found)[0],
        latent_representation.maps(found, "all", "contrast")[0],
    )
    assert (paper.verdict, own.verdict) == (FAILS, HOLDS)
    assert paper.statement.startswith("Maps are") and own.statement.startswith("Contrast maps are")
    assert "guided maps -0.02" in paper.evidence and "contrast maps +0.02" in own.evidence


def test_rows_of_regularizers_are_those_of_their_models_alone(rows):
    names = ["barlow:30+prototype:30", "kl:0.001", f"none, {agreement.CONTROL}", "none", "ldm"]
    found = [replace(rows[0], system=name) for name in names] + [replace(rows[1], system="none")]
    shown = [row.system for row in agreement.of_regularizers(found, "guided")]
    assert shown == ["none", "barlow:30+prototype:30", "kl:0.001"]
    assert len(agreement.of_regularizers(found, "contrast")) == 1


def test_the_table_of_the_project_has_both_readings_of_each_regularized_model():
    shipped = agreement.shipped("draft")
    guided, contrast = (agreement.of_regularizers(shipped, kind) for kind in ("guided", "contrast"))
    assert [row.system for row in guided] == [row.system for row in contrast]
    assert len(guided) == 8 and guided[0].system == "none"
    assert all(claim.interval for claim in latent_representation.maps(shipped))


@pytest.mark.parametrize("preset", ["draft", "laptop"])
def test_p_values_of_the_table_are_of_each_row_alone(figures, preset):
    null = agreement.agreement(blurred(figures.exemplars), figures.human, figures.exemplars)
    for row in agreement.shipped(preset):
        for where in ("all", "ink"):
            p, effect = ranks.signed_rank(row.per_concept[where], getattr(null, where))
            assert getattr(row, f"p_{where}") == pytest.approx(p, rel=1e-3)
        assert row.effect_ink == pytest.approx(effect, abs=1e-3)


def test_maps_are_tested_beside_people_concept_by_concept(rows):
    people = np.linspace(0.1, 0.3, 25)

    def shares(gap):
        scores = {"half": (people + gap).tolist(), "human_half": people.tolist()}
        return replace(rows[0], per_concept=scores)

    verdicts = [diffusion_artists.sparser([shares(gap)])[0].verdict for gap in (0.05, -0.05)]
    assert verdicts == [HOLDS, FAILS]
    assert diffusion_artists.sparser([replace(rows[0], kind="published", system="CFGDM")])[
        0
    ].statement.endswith("published CFGDM.")


def test_maps_are_tested_beside_blurred_ink(rows):
    ldm, cfgdm = this_book.beyond_ink(rows)
    assert (ldm.verdict, cfgdm.verdict) == (HOLDS, UNDECIDED)
    assert (
        ldm.interval == rows[0].ink_beyond_null
        and "our LDM agree with people's more" in ldm.statement
    )
