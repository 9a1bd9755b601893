import pytest
import torch

from oneshot.metrics.originality import (
    bias,
    distance,
    normaliser,
    originality,
    raw_diversity,
    scale,
)

# Two concepts, two drawings each, two feature dimensions.
FEATURES = torch.tensor([[[0.0, 2.0], [2.0, 2.0]], [[1.0, 5.0], [1.0, 9.0]]])
EXEMPLARS = torch.tensor([[0.0, 2.0], [1.0, 6.0]])
ROOT2 = 2**0.5


def test_diversity_by_hand():
    # unbiased std over two values a, b is |a - b| / sqrt(2)
    torch.testing.assert_close(raw_diversity(FEATURES), torch.tensor([2 / ROOT2, 4 / ROOT2]) / 2)
    torch.testing.assert_close(scale(FEATURES), torch.tensor([2 / ROOT2, 12 / ROOT2]) / 2)
    assert normaliser(FEATURES) == pytest.approx(3.5 / ROOT2)


def test_originality_by_hand():
    expected = torch.tensor([[0.0, 4.0], [1.0, 9.0]]).div(2).sqrt()
    torch.testing.assert_close(distance(FEATURES, EXEMPLARS), expected)
    torch.testing.assert_close(originality(FEATURES, EXEMPLARS), expected * ROOT2 / 3.5)
    torch.testing.assert_close(originality(FEATURES, EXEMPLARS, by=0.5), expected * 2)


def test_copying_the_exemplar_has_neither_diversity_nor_originality():
    exemplars = torch.randn(5, 16)
    copies = exemplars[:, None].expand(5, 7, 16)
    assert originality(copies, exemplars).abs().max() == 0
    assert raw_diversity(copies).abs().max() < 1e-6


def test_own_normaliser_removes_the_scale_of_features():
    torch.manual_seed(0)
    features, exemplars = torch.randn(4, 6, 32), torch.randn(4, 32)
    human = normaliser(features)
    big, big_exemplars = features * 10, exemplars * 10
    torch.testing.assert_close(
        raw_diversity(big) / normaliser(big), raw_diversity(features) / human
    )
    torch.testing.assert_close(originality(big, big_exemplars), originality(features, exemplars))
    torch.testing.assert_close(
        originality(big, big_exemplars, by=human), 10 * originality(features, exemplars)
    )


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="at least 2 drawings"):
        raw_diversity(torch.zeros(3, 1, 4))
    with pytest.raises(ValueError, match="constant"):
        normaliser(torch.ones(2, 2, 4))
    with pytest.raises(ValueError, match=r"\(concepts, drawings, K\)"):
        scale(torch.zeros(3, 4))
    with pytest.raises(ValueError, match=r"must be \(2, 2\)"):
        distance(FEATURES, EXEMPLARS[:1])
    with pytest.raises(ValueError, match="not all finite"):
        distance(FEATURES, EXEMPLARS / 0)


def test_bias_by_hand():
    # means (1, 2) and (1, 7), exemplars (0, 2) and (1, 6), so shifts of 1 in one of two dimensions;
    # variances 2 and 8 in one of two dimensions, of which half each is taken off
    square, shift = bias(FEATURES, EXEMPLARS)
    torch.testing.assert_close(square, torch.tensor([4.0 / 2, (1 + 9) / 2]) / 2)
    torch.testing.assert_close(shift, torch.tensor([0.5 - 1 / 2, 0.5 - 4 / 2]))


@pytest.mark.parametrize("count", [5, 80])
def test_bias_is_what_all_drawings_share_however_many_there_are(count):
    torch.manual_seed(0)
    exemplars = torch.randn(400, 16)
    drawings = exemplars[:, None] + 0.5 + torch.randn(400, count, 16)
    square, shift = bias(drawings, exemplars)
    assert shift.mean().item() == pytest.approx(0.25, abs=0.02)
    assert square.mean().item() == pytest.approx(1.25, abs=0.03)
    with pytest.raises(ValueError, match="at least 2 drawings"):
        bias(drawings[:, :1], exemplars)
