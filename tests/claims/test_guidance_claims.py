"""Statements about guidance: hold, fail and stay undecided as the scores say."""

from types import SimpleNamespace

import numpy as np
import pytest

from oneshot.claims import diffusion_artists
from oneshot.evaluations.table import Table
from oneshot.metrics.paired import FAILS, HOLDS, UNDECIDED, UNTESTED

CONCEPTS = 40
SCATTER = np.random.default_rng(0).normal(0, 1, CONCEPTS)


def scores(original, recognizable, first=None, last=None, scatter=0.0):
    """Scores of 40 concepts that scatter around the values given, those of the bins included."""
    noise = SCATTER * scatter
    first = recognizable if first is None else first
    last = original if last is None else last
    per_concept = {
        "scale": np.full(CONCEPTS, 2.0),
        "distance": 2 * original + noise / 50,
        "recognizability": recognizable + noise,
        "bin_recognizability": np.stack([first + noise, recognizable + noise], 1),
        "bin_originality": np.stack([original / 2 + noise / 50, last + noise / 50], 1),
    }
    return SimpleNamespace(concepts=CONCEPTS, per_concept=per_concept)


HUMAN = scores(0.5, 95, first=98, last=0.9)


def told(strengths, found, human=HUMAN):
    """Test what guidance did at some strengths."""
    models = [
        SimpleNamespace(**vars(one), system="cfgdm", guidance=strength)
        for one, strength in zip(found, strengths, strict=True)
    ]
    people = SimpleNamespace(**vars(human), system="human", guidance=None)
    return diffusion_artists.guidance(Table([people, *models]))


def test_a_model_that_does_what_the_paper_says():
    found = [scores(0.7, 80, 90, 1.2), scores(0.45, 90, 96, 0.8), scores(0.3, 97, 99, 0.6)]
    claims = told([0.0, 1.0, 2.0], found)
    assert [claim.verdict for claim in claims] == [HOLDS] * 6
    assert claims[0].statement == "At guidance 2 drawings are more recognizable than at guidance 0."
    assert claims[0].evidence == "recognizability +17.0 [+17.0, +17.0]"
    assert claims[1].evidence == "originality -0.400 [-0.400, -0.400]"
    assert claims[2].evidence == "originality of the last group -0.600 [-0.600, -0.600]"
    assert claims[3].evidence == "recognizability of the first group +1.00 [+1.00, +1.00]"
    assert claims[4].evidence == "originality of the last group -0.300 [-0.300, -0.300]"
    assert claims[5].evidence == (
        "closest, guidance 1: originality -0.0500 [-0.0500, -0.0500], "
        "recognizability -5.00 [-5.00, -5.00]"
    )


def test_the_order_in_which_strengths_are_given_does_not_matter():
    found = [scores(0.7, 80), scores(0.3, 97)]
    assert told([0.0, 2.0], found)[:5] == told([2.0, 0.0], found[::-1])[:5]


def test_what_is_the_other_way_round_does_not_hold():
    found = [scores(0.4, 97, 99, 0.6), scores(0.7, 80, 90, 1.2)]
    assert [claim.verdict for claim in told([0.0, 2.0], found)] == [FAILS] * 5 + [HOLDS]


def test_a_strength_that_is_as_human_as_humans_refutes_the_last():
    found = [scores(0.9, 60), scores(0.6, 96), scores(0.2, 99)]
    claim = told([0.0, 1.0, 2.0], found)[5]
    assert claim.verdict == FAILS and claim.evidence.startswith("closest, guidance 1: ")


def test_a_strength_that_may_be_as_human_as_humans_leaves_the_last_undecided():
    """Both scores are behind people's by chance alone: of the two, one nearly always is."""
    noise = np.random.default_rng(1).normal(0, 1, (2, CONCEPTS))
    behind = noise - noise.mean(1, keepdims=True) - 0.1
    near = scores(0.5, 95)
    near.per_concept["distance"] = 1 + behind[0] / 20
    near.per_concept["recognizability"] = 95 + behind[1]
    claim = told([0.0, 1.0], [scores(0.9, 60), near])[5]
    assert claim.evidence.startswith("closest, guidance 1: ")
    assert claim.verdict == UNDECIDED
    near.per_concept["recognizability"] -= 5
    assert told([0.0, 1.0], [scores(0.9, 60), near])[5].verdict == HOLDS


def test_what_scatter_could_have_made_is_undecided():
    found = [scores(0.5, 95, 97, 0.9), scores(0.5, 95.1, 96.1, 0.899, scatter=-3)]
    verdicts = [claim.verdict for claim in told([0.0, 1.0], found)]
    assert verdicts[0] == verdicts[2] == verdicts[3] == verdicts[4] == UNDECIDED


def test_one_strength_compares_with_people_alone():
    claims = told([1.0], [scores(0.45, 90, 97, 0.8)])
    assert [claim.verdict for claim in claims] == [UNTESTED] * 3 + [HOLDS] * 3


def test_scores_of_other_concepts_or_numbers_are_refused():
    fewer = SimpleNamespace(concepts=7, per_concept={})
    with pytest.raises(ValueError, match="on the same concepts"):
        told([1.0], [fewer])
    assert diffusion_artists.guidance(Table([])) == []
