import json

import numpy as np
import pytest
import torch
from torch import nn

from oneshot.metrics.scoring import DENSITY_GRID, Scores, score


class Pixels(nn.Module):
    """A critic that sees a random projection of the pixels."""

    def __init__(self, side, width):
        super().__init__()
        self.side = side
        self.project = nn.Linear(side**2, width)
        with torch.no_grad():
            self.project.weight.normal_(generator=torch.Generator().manual_seed(width))

    def forward(self, x):
        return self.project(x.flatten(1))


CRITICS = Pixels(12, 32), Pixels(10, 16)


def concepts(count, seed=0):
    """Exemplars (C, 1, 12, 12) of random ink."""
    g = torch.Generator().manual_seed(seed)
    return (torch.rand(count, 1, 12, 12, generator=g) > 0.7).float()


def varied(exemplars, variations, change, seed=1):
    """Drawings whose v-th variation has a growing share, up to `change`, of its pixels redrawn."""
    g = torch.Generator().manual_seed(seed)
    shape = (len(exemplars), variations, *exemplars.shape[1:])
    other = (torch.rand(shape, generator=g) > 0.7).float()
    share = torch.linspace(0, change, variations).view(1, -1, 1, 1, 1)
    swap = torch.rand(shape, generator=g) < share
    return torch.where(swap, other, exemplars[:, None])


def test_copies_are_recognised_and_unoriginal():
    exemplars = concepts(25)
    copies = exemplars[:, None].expand(-1, 4, -1, -1, -1)
    result = score(copies, exemplars, *CRITICS, threshold=0.5, trials=20)
    assert result.originality.value == pytest.approx(0, abs=1e-5)
    assert result.diversity.value == pytest.approx(0, abs=1e-5)
    assert result.recognizability.value == result.recognizability_all.value == 100
    assert result.ways == 20
    assert result.bins == [[pytest.approx(0, abs=1e-5), 100]] * 4


def test_drawings_of_random_concepts_are_recognised_by_chance():
    exemplars = concepts(60)
    drawings = exemplars[torch.randint(60, (60, 40), generator=torch.Generator().manual_seed(0))]
    result = score(drawings, exemplars, *CRITICS, threshold=0.5, trials=None)
    assert result.recognizability.value == pytest.approx(5, abs=1.5)
    assert result.recognizability.low < 5 < result.recognizability.high
    assert result.recognizability_all.value == pytest.approx(100 / 60, abs=1)


def test_more_change_is_more_original_and_less_recognised():
    exemplars = concepts(30)
    near, far = (
        score(varied(exemplars, 20, change), exemplars, *CRITICS, threshold=0.5, trials=50)
        for change in (0.3, 1.0)
    )
    for name in ("originality", "diversity", "diversity_raw"):
        assert getattr(near, name).high < getattr(far, name).low
    assert far.recognizability.high < near.recognizability.low
    curve = np.array(far.bins)
    assert curve.shape == (10, 2)
    assert (np.diff(curve[:, 0]) > 0).all()
    assert curve[0, 1] > curve[-1, 1] + 20
    assert np.trapezoid(far.density, DENSITY_GRID) == pytest.approx(1, abs=0.05)


def test_values_and_intervals_are_consistent():
    exemplars = concepts(30)
    drawings = varied(exemplars, 15, 0.6)
    levels = (drawings * 255).to(torch.uint8)
    result = score(levels, exemplars, *CRITICS, threshold=0.5, trials=50)
    per = {name: np.array(values) for name, values in result.per_concept.items()}
    assert result.diversity_raw.value == pytest.approx(per["raw_diversity"].mean(), rel=1e-5)
    assert result.diversity.value == pytest.approx(
        per["raw_diversity"].mean() / result.normaliser, rel=1e-5
    )
    assert result.originality.value == pytest.approx(
        per["distance"].mean() / result.normaliser, rel=1e-5
    )
    np.testing.assert_allclose(per["bin_originality"].mean(0), np.array(result.bins)[:, 0], 1e-4)
    for name in ("diversity", "originality", "recognizability", "recognizability_all"):
        interval = getattr(result, name)
        assert interval.low < interval.value < interval.high
    assert score(levels, exemplars, *CRITICS, threshold=0.5, trials=50) == result
    assert score(levels, exemplars, *CRITICS, threshold=0.5, trials=50, seed=1) != result
    # Drawings of 256 levels are resized before they are binarised: a pixel may fall either way.
    exact = score(drawings, exemplars, *CRITICS, threshold=0.5, trials=50)
    assert exact.recognizability.value == pytest.approx(result.recognizability.value, abs=1)
    assert exact.originality.value == pytest.approx(result.originality.value, abs=0.01)


def test_human_normaliser():
    exemplars = concepts(25)
    drawings = varied(exemplars, 8, 0.6)
    human = score(varied(exemplars, 8, 0.3), exemplars, *CRITICS, threshold=0.5, trials=5)
    own = human.originality_against(human)
    assert (own.value, own.low) == pytest.approx((human.originality.value, human.originality.low))
    model = score(drawings, exemplars, *CRITICS, threshold=0.5, trials=5)
    assert model.originality_against(human).value == pytest.approx(
        model.originality.value * model.normaliser / human.normaliser, rel=1e-5
    )
    with pytest.raises(ValueError, match="same concepts"):
        score(drawings[:20], exemplars[:20], *CRITICS, threshold=0.5).originality_against(human)


def test_json_round_trip():
    exemplars = concepts(22)
    human = score(varied(exemplars, 3, 0.3), exemplars, *CRITICS, threshold=0.5, trials=5)
    model = score(varied(exemplars, 3, 1), exemplars, *CRITICS, threshold=0.5)
    for table in (human, model):
        text = json.dumps(table.to_json(), allow_nan=False)
        assert Scores.from_json(json.loads(text)) == table
        earlier = json.loads(text) | {"originality_human_normaliser": None}
        assert Scores.from_json(earlier) == table
    assert len(model.bins) == 3
    with pytest.raises(ValueError, match=r"not scores: .*bins"):
        Scores.from_json({"concepts": 3})


def test_what_cannot_be_scored_is_refused():
    exemplars = concepts(3)
    drawings = varied(exemplars, 3, 0.5)
    with pytest.raises(ValueError, match=r"\(C, N, 1, H, W\)"):
        score(exemplars, exemplars, *CRITICS, threshold=0.5)
    with pytest.raises(ValueError, match=r"exemplars must be \(3, 1, H, W\)"):
        score(drawings, exemplars[:2], *CRITICS, threshold=0.5)
    with pytest.raises(ValueError, match="at least 2 concepts"):
        score(drawings[:1], exemplars[:1], *CRITICS, threshold=0.5)
