import torch

from oneshot.training.eight_bits import LEAST, restored, shrunk


def test_large_weights_come_back_within_half_a_step():
    weights = torch.randn(64, 16, 3, 3) * torch.logspace(-4, 1, 64).view(-1, 1, 1, 1)
    stored = shrunk({"w": weights})
    assert stored["w"].dtype == torch.int8
    assert sum(v.nbytes for v in stored.values()) < 0.27 * weights.nbytes
    back = restored(stored)["w"]
    step = weights.flatten(1).abs().amax(1) / 127
    error = (back - weights).flatten(1).abs().amax(1)
    assert (error <= 0.51 * step.clamp_min(2.0**-14)).all()
    assert error.max() > 0


def test_the_rest_stays_as_it_is():
    tensors = {
        "bias": torch.randn(LEAST),
        "small": torch.randn(8, 8).half(),
        "count": torch.arange(LEAST).view(2, -1),
    }
    stored = shrunk(tensors)
    assert stored.keys() == tensors.keys()
    assert all(torch.equal(stored[name], tensors[name]) for name in tensors)
    assert all(torch.equal(restored(stored)[name], tensors[name]) for name in tensors)


def test_blank_rows_and_large_ones():
    weights = torch.zeros(2, LEAST)
    weights[1, 0] = 3e4
    assert torch.allclose(restored(shrunk({"w": weights}))["w"], weights, rtol=1e-3)
