import warnings

import pytest
import torch
from torch import nn

from oneshot.metrics.features import embed, folded, prepare
from oneshot.models.critics import ConvCritic, ResNetCritic


def test_prepare_stretches_then_binarises():
    faint = torch.tensor([[0, 40, 60, 100]], dtype=torch.uint8).view(1, 1, 2, 2)
    assert prepare(faint, 2, 0.5).flatten().tolist() == [0, 0, 1, 1]
    assert prepare(faint, 2, 0.3).flatten().tolist() == [0, 1, 1, 1]
    shifted = faint.float() / 500 + 0.7
    assert torch.equal(prepare(shifted, 2, 0.5), prepare(faint, 2, 0.5))


def test_empty_drawings_stay_empty():
    blank = torch.stack([torch.zeros(1, 6, 6), torch.ones(1, 6, 6)])
    assert prepare(blank, 6, 0.3).sum() == 0
    assert prepare(blank, 9, 0.3).sum() == 0


@pytest.mark.parametrize("side", [24, 50])
def test_prepare_resizes_to_binary(side):
    image = torch.zeros(1, 1, 48, 48)
    image[..., :24] = 0.8
    out = prepare(image, side, 0.5)
    assert out.shape == (1, 1, side, side)
    assert set(out.unique().tolist()) == {0, 1}
    assert out[..., : side // 2].all()
    assert not out[..., side // 2 :].any()


def test_prepare_resizes_before_it_binarises():
    row = torch.tensor([0, 0.45, 0.45, 0.45, 0.45, 1, 1, 1])
    # binarised first, the third quarter would lose the grey of its left neighbour: 0, 0, 0, 1
    halved = prepare(row.expand(1, 1, 8, 8), 4, 0.5)
    assert halved[0, 0, 0].tolist() == [0, 0, 1, 1]


class Corners(nn.Module):
    """A critic whose feature is the four corners of its image."""

    side = 4

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))

    def forward(self, x):
        return x[:, 0, ::3, ::3].flatten(1) * self.weight


def test_embed_keeps_order_and_shape():
    images = (torch.rand(3, 5, 1, 4, 4) > 0.5).float()
    images[..., 1, 1], images[..., 1, 2] = 0, 1  # none is blank
    features = embed(Corners(), images, 0.5, batch=4)
    assert torch.equal(features, images[:, :, 0, ::3, ::3].flatten(2))
    stored = (images * 255).to(torch.uint8)
    assert torch.equal(embed(Corners(), stored, 0.5), features)
    assert torch.equal(embed(Corners(), stored.numpy(), 0.5), features)


def test_embed_reads_stored_drawings_without_a_warning():
    stored = torch.randint(2, (3, 1, 4, 4), dtype=torch.uint8).numpy()
    expected = embed(Corners(), stored, 0.5)
    stored.flags.writeable = False
    torch.set_warn_always(True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert torch.equal(embed(Corners(), stored, 0.5), expected)
    finally:
        torch.set_warn_always(False)


def test_embed_refuses_what_is_no_drawing():
    with pytest.raises(ValueError, match=r"\(\.\.\., 1, H, W\)"):
        embed(Corners(), torch.rand(3, 4, 4), 0.5)
    with pytest.raises(ValueError, match="diverged"):
        embed(Corners(), torch.full((2, 1, 4, 4), torch.nan), 0.5)


@pytest.mark.parametrize(
    "critic", [ConvCritic(side=48, widths=(8, 8, 8)), ResNetCritic(widths=(4, 8, 8, 8))]
)
def test_folding_keeps_the_features(critic):
    torch.manual_seed(0)
    for m in critic.modules():
        if isinstance(m, nn.BatchNorm2d):
            nn.init.uniform_(m.running_mean, -1, 1)
            nn.init.uniform_(m.running_var, 0.5, 2)
            nn.init.uniform_(m.weight, 0.5, 2)
            nn.init.uniform_(m.bias, -1, 1)
    x = torch.rand(4, 1, 48, 48)
    expected = critic.eval()(x)
    critic.train()
    fast = folded(critic)
    assert not any(isinstance(m, nn.BatchNorm2d) for m in fast.modules())
    torch.testing.assert_close(fast(x), expected, rtol=1e-4, atol=1e-4)
    assert critic.training
    assert any(isinstance(m, nn.BatchNorm2d) for m in critic.modules())
