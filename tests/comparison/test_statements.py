"""Statements about systems hold, fail or stay undecided as made-up scores demand."""

from dataclasses import replace

import made_up
import numpy as np
import pytest

from oneshot.comparison import published, statements
from oneshot.comparison.rows import Comparison
from oneshot.metrics.claims import FAILS, HOLDS, UNDECIDED, UNTESTED
from oneshot.metrics.human import distance_to_human, spread_of
from oneshot.results import HUMAN


def comparison(*rows, dataset="omniglot"):
    return Comparison(None, dataset, "laptop", "own", rows)


@pytest.fixture(scope="module")
def found():
    return comparison(*made_up.framework())


def test_published_points_hold_to_their_own_orderings(found):
    told = statements.orderings(found)
    assert {item.claim.verdict for item in told} == {HOLDS}
    assert not any(item.cause for item in told)
    said = [item.claim.statement for item in told]
    assert said[2] == "The human drawings are more varied than CFGDM."
    assert "VAE-NS is more varied than DDPM." in said
    quickdraw = statements.orderings(replace(found, dataset="quickdraw"))
    assert len(quickdraw) == len(told) - 1
    assert told[2].claim.interval.value == pytest.approx(0.390 - 0.364)


def test_what_does_not_hold_has_a_likely_cause(found):
    gan = made_up.row("da-gan-un", (0.5, 80.0))
    near = made_up.row("cfgdm", (0.392, 96.7))
    rows = [row for row in found.rows if row.system not in ("da-gan-un", "cfgdm")]
    told = {
        item.claim.statement: item for item in statements.orderings(comparison(*rows, gan, near))
    }
    failed = told["CFGDM is more varied than DA-GAN-UN."]
    assert failed.claim.verdict == FAILS and failed.cause == statements.REVERSED
    undecided = told["The human drawings are more varied than CFGDM."]
    assert undecided.claim.verdict == UNDECIDED
    assert undecided.cause == "too near to tell with 24 concepts and one training"
    weak = made_up.row("ddpm", (0.3, 50.0))
    rows = [row for row in found.rows if row.system != "ddpm"]
    told = {item.claim.statement: item for item in statements.orderings(comparison(*rows, weak))}
    cause = told["DDPM is more recognizable than VAE-NS."].cause
    assert "DDPM has 4.2 M parameters and 0.97 h of training, VAE-NS has" in cause


def test_what_was_published_is_no_claim_about_latent_diffusion(found):
    human = made_up.row("ldm", found.human.point)
    rows = [row for row in found.rows if row.system != "ldm"]
    near = {i.claim.statement: i for i in statements.orderings(comparison(*rows, human))}
    said = near["Of the published systems, CFGDM is nearest to the human drawings."]
    assert said.claim.verdict == HOLDS and "LDM" not in said.claim.evidence
    rival = made_up.row("fsdm", found.human.point)
    rows = [row for row in found.rows if row.system != "fsdm"]
    told = statements.orderings(comparison(*rows, rival))[-1].claim
    assert told.verdict != HOLDS and "FSDM" in told.evidence


def test_what_is_absent_is_not_tested():
    told = statements.orderings(comparison(made_up.row(HUMAN, (0.4, 97))))
    assert {item.claim.verdict for item in told} == {UNTESTED}
    assert told[0].claim.evidence == "no scores of CFGDM and DA-GAN-UN"
    assert told[2].claim.evidence == "no scores of CFGDM"


def test_distances_are_those_of_the_plane(found):
    far = statements.distances(found)
    points = [row.point for row in found.systems.values()]
    expected = distance_to_human(points, found.human.point, spread_of(points))
    assert [far[name].value for name in found.systems] == pytest.approx(expected.tolist())
    assert min(far, key=lambda name: far[name].value) == "cfgdm"
    assert all(interval.low < interval.value < interval.high for interval in far.values())
    assert statements.distances(comparison(found.human, found.systems["ddpm"])) == {}


def test_the_plane_is_resampled_by_concept():
    row = made_up.row()
    raw, scale = (np.array(row.per_concept[name]) for name in ("raw_diversity", "scale"))
    values = statements.resampled(row, "diversity")
    assert values[0] == pytest.approx(raw.mean() / scale.mean())
    assert values.shape == (2001,) and np.quantile(values[1:], 0.025) == pytest.approx(
        row.diversity.low
    )
    with pytest.raises(ValueError, match="no 'density' by concept"):
        statements.resampled(row, "density")


@pytest.mark.parametrize(
    ("point", "verdict"), [((0.4, 90.0), HOLDS), ((0.4, 82.0), FAILS), ((0.4, 87.0), UNDECIDED)]
)
def test_a_way_is_as_good_when_all_of_the_interval_is_within_the_tolerance(point, verdict):
    best = made_up.row("cfgdm", (0.4, 90.0), originality=0.5, sampler="ddpm", steps=500)
    row = made_up.row("cfgdm", point, originality=0.5, sampler="ddim", steps=10)
    claim = statements.as_good(row, best)
    assert claim.verdict == verdict
    assert claim.statement == "DDIM in 10 steps scores as ancestral in 500 steps does."


def test_ways_to_fail_are_told_from_both_scores():
    blurred = made_up.row("vae-stn", (0.64, 75.0))
    blurred = replace(blurred, grey=replace(blurred.grey, low=0.5, high=0.6))
    rows = made_up.row(HUMAN, (0.39, 97.6)), blurred, made_up.row("da-gan-un", (0.1, 98.9))
    strays, copies = statements.failing(comparison(*rows))
    assert strays.words.startswith("strays: varies more than human drawings")
    assert strays.blurred and not copies.blurred
    soft = replace(blurred, grey=replace(blurred.grey, low=0.46, high=0.5))
    assert not statements.failing(comparison(rows[0], soft))[0].blurred
    assert copies.words.startswith("copies: varies less than human drawings")
    assert strays.recognizability.value == pytest.approx(75.0 - 97.6)
    assert len(statements.WAYS_TO_FAIL) == len(set(statements.WAYS_TO_FAIL.values())) == 9


def test_curves_compare_originality():
    rows = [
        made_up.row(name, (0.4, right), originality=far)
        for name, far, right in (
            (HUMAN, 0.61, 97.5),
            ("cfgdm", 0.52, 97.0),
            ("ddpm", 0.71, 87.5),
            ("fsdm", 0.52, 95.6),
        )
    ]
    told = statements.curves(comparison(*rows, dataset="quickdraw"))
    assert [item.claim.verdict for item in told] == [HOLDS] * 6


def test_published_points_name_known_systems_and_are_ordered():
    for dataset, points in published.PLANE.items():
        assert set(points) <= set(statements.NAMES), dataset
        assert published.point(dataset, "human")["recognizability"] > 97
    assert published.point("glyphs", "human") is None
    for bins in published.BINS["quickdraw"].values():
        far, right = np.array(bins).T
        assert len(bins) == 10 and (np.diff(far) > 0).all() and (np.diff(right) < 0).all()
    means = np.array(published.BINS["quickdraw"]["human"]).mean(0)
    assert means == pytest.approx([0.610, 97.5], abs=0.06)
    ends = [end for strength, (_, end) in published.GUIDANCE["quickdraw"].items() if strength]
    assert (np.diff([o for o, _ in ends]) < 0).all() and (np.diff([r for _, r in ends]) > 0).all()
