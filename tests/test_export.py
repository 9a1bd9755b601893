"""ONNX files do what torch does, whatever the family and however their weights are stored."""

import json

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from oneshot import export, onnx_files
from oneshot.metrics import single
from oneshot.metrics.features import folded
from oneshot.models.critics import ConvCritic, PatchCritic
from oneshot.models.latent_denoiser import ResidualDenoiser
from oneshot.models.latent_diffusion import LatentDiffusion
from oneshot.models.modulated_unet import PatchUNet
from oneshot.models.patch_autoencoder import PatchAutoencoder
from oneshot.models.pixel_diffusion import PixelDiffusion
from oneshot.models.set_encoder import SetDenoiser, SetEncoder
from oneshot.models.vae_elastic import VaeElastic


def _stirred(network: nn.Module) -> nn.Module:
    """Give every weight a part, also those that begin at zero."""
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.1)
    return network.eval().requires_grad_(False)


def latent():
    return _stirred(LatentDiffusion(PatchAutoencoder(16), ResidualDenoiser(16, 64, embedding=32)))


def stacked():
    return _stirred(PixelDiffusion(PatchUNet(32, widths=(16, 16, 32)), velocity=True))


def sets():
    encoder = SetEncoder(48, 12, 32, depth=1, heads=1)
    denoiser = SetDenoiser(encoder, widths=(16, 16), patch=8, attention=())
    return _stirred(PixelDiffusion(denoiser, "set", 0.0))


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return latent()


@pytest.mark.parametrize("make", [latent, stacked])
def test_files_draw_what_torch_draws(make):
    model = make()
    exemplars = (torch.rand(2, 1, 48, 48) > 0.8).float()
    same = export.as_stored(model, 48, "float32")
    drawn, expected = (one.draw(exemplars, 3, guidance=0.7, steps=3) for one in (same, model))
    assert expected.std() > 0.05
    torch.testing.assert_close(drawn, expected, atol=1e-4, rtol=0)


def test_a_file_bends_as_torch_does():
    torch.manual_seed(0)
    model = VaeElastic(4, (4, 6), spread=1.5)
    for parameter in model.parameters():
        parameter.data.add_(0.06 * torch.randn_like(parameter))
    exemplars = (torch.rand(2, 1, 48, 48) > 0.8).float()
    same = export.as_stored(model.eval(), 48, "float32")
    drawn, expected = (one.draw(exemplars, 3, seed=2) for one in (same, model))
    assert (expected - exemplars[:, None]).abs().mean() > 0.02
    torch.testing.assert_close(drawn, expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("critic", [ConvCritic(48, (8, 8)), PatchCritic(48, (8, 16))])
def test_a_critic_sees_the_same(critic, tmp_path, caplog):
    caplog.set_level("INFO")
    critic = _stirred(critic)
    assert (
        onnx_files.write(export.critic_graph(critic), tmp_path / "critic.onnx") <= onnx_files.CLOSE
    )
    pages = (torch.rand(5, 1, 48, 48) > 0.7).float()
    assert caplog.records == [], "the exporter tells of its own work"
    seen = onnx_files.Session((tmp_path / "critic.onnx").read_bytes())(pages)
    torch.testing.assert_close(seen, folded(critic)(pages), atol=1e-3, rtol=1e-3)


def test_weights_in_fewer_bits_weigh_less_and_say_nearly_the_same(model, tmp_path):
    graph = export.graphs(model, 48)["denoiser"]
    sizes, gaps = [], []
    for weights in onnx_files.WEIGHTS:
        file = tmp_path / f"{weights}.onnx"
        onnx_files.write(graph, file, weights)
        onnx.checker.check_model(onnx.load(file))
        sizes.append(file.stat().st_size)
        gaps.append(onnx_files.gap(graph, file.read_bytes()))
    assert sizes[0] > 1.7 * sizes[1] > 1.7 * sizes[2]
    assert gaps[0] < gaps[1] < gaps[2] < 0.5


def test_weights_become_steps_along_the_better_axis():
    weights = torch.randn(8, 9).numpy()
    weights[0] *= 100
    for values, shape in ((weights, (8, 1)), (weights.T, (1, 8))):
        steps, scale = onnx_files.quantised(values)
        assert steps.dtype == np.int8 and scale.shape == shape
        assert (np.abs(steps * scale - values) <= 0.501 * scale).all()


def test_a_file_that_is_not_the_network_is_not_written(model, tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_files, "CLOSE", 0.0)
    with pytest.raises(onnx_files.ExportError, match=r"decoder\.onnx is .* from torch"):
        onnx_files.write(export.graphs(model, 48)["decoder"], tmp_path / "decoder.onnx")
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_exported_is_refused(model, tmp_path):
    with pytest.raises(onnx_files.ExportError, match="this PixelDiffusion cannot be exported"):
        export.graphs(sets(), 48)
    with pytest.raises(onnx_files.ExportError, match="unknown weights 'int4'"):
        onnx_files.encoded(export.graphs(model, 48)["encoder"], "int4")


def test_how_to_draw_is_said_in_json(model):
    about = json.loads(json.dumps(export.describe(model, {"guidance": 1.0, "steps": 16})))
    assert about["alphas_cumprod"] == model.schedule.alphas_cumprod.tolist()
    assert (about["family"], about["shape"], about["clip"]) == ("latent", [16], None)
    assert not export.describe(sets(), {})["guided"]


def test_a_drawing_alone_is_known_by_how_many_rivals_are_nearer():
    exemplar = torch.zeros(2)
    drawings = torch.tensor([[3.0, 4.0], [0.0, 0.0]])
    rivals = torch.tensor([[3.0, 4.1], *[[9.0, 9.0 + k] for k in range(39)]])
    # Twenty ways: 19 rivals of 40; the first drawing has one rival nearer than its exemplar, which
    # 21 of 40 choices leave out. The second lies on its exemplar.
    found = single.known(drawings, exemplar, rivals)
    assert found.tolist() == pytest.approx([21 / 40, 1.0])
    with pytest.raises(ValueError, match="4 rivals are too few for 20 ways"):
        single.known(drawings, exemplar, rivals[:4])
