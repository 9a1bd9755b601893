"""VAE-Elastic: an exemplar that is bent, and nothing else."""

import networks
import pytest
import torch

from oneshot.models.vae_elastic import GRID, Inference, VaeElastic


@pytest.fixture
def exemplars():
    torch.manual_seed(0)
    return (torch.rand(3, 1, 48, 48) > 0.8).float()


def test_before_training_a_drawing_is_the_exemplar(exemplars):
    drawn = VaeElastic().draw(exemplars, 2)
    assert torch.allclose(drawn, exemplars[:, None].expand_as(drawn), atol=1e-4)


def test_lines_are_moved_and_neither_made_nor_darkened(exemplars):
    model = networks.stirred(networks.vae_elastic(), by=0.06)
    drawn = model.draw(0.6 * exemplars, 4)
    assert (drawn - 0.6 * exemplars[:, None]).abs().mean() > 0.02
    assert drawn.max() <= 0.6 + 1e-6


def test_a_page_is_bent_alike_at_any_resolution(exemplars):
    model = networks.stirred(networks.vae_elastic(), by=0.06).eval()
    z = torch.randn(3, model.latent)
    moves = model(exemplars, z)
    assert moves.shape == (3, 2, GRID, GRID)
    fine = exemplars.repeat_interleave(2, 2).repeat_interleave(2, 3)
    assert moves.std() > 0.01
    alike = torch.corrcoef(torch.stack([model(fine, z).flatten(), moves.flatten()]))[0, 1]
    assert alike > 0.98


def test_inference_sees_both_drawings(exemplars):
    torch.manual_seed(0)
    infer = Inference(4, (4, 6)).eval()
    mean, log_variance = infer(exemplars, exemplars.roll(1, 0))
    assert mean.shape == log_variance.shape == (3, 4)
    assert not torch.allclose(mean, infer(exemplars, exemplars)[0], atol=1e-3)
    assert not torch.allclose(mean, infer(exemplars.roll(1, 0), exemplars)[0], atol=1e-3)
