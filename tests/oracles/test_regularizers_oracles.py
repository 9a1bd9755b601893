"""The contrastive and the quantizing loss against independent libraries."""

import pytest
import torch

from oneshot.models.autoencoder import Bottleneck
from oneshot.objectives.regularizers import Latents, build


def test_simclr_agrees_with_pytorch_metric_learning():
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    torch.manual_seed(0)
    view1, view2 = torch.randn(16, 8), torch.randn(16, 8)
    ours = build(["simclr"], 8, 3)["simclr"](
        Latents(x=view1, label=torch.arange(16), view1=view1, slow2=view2)
    )
    label = torch.arange(16).repeat(2)
    theirs = losses.NTXentLoss(temperature=0.5)(torch.cat((view1, view2)), label)
    torch.testing.assert_close(ours, theirs)


def test_quantization_and_its_loss_agree_with_vector_quantize_pytorch():
    library = pytest.importorskip("vector_quantize_pytorch")
    torch.manual_seed(0)
    bottleneck = Bottleneck(128, 128, "quantized")
    with torch.no_grad():
        bottleneck.codebook.normal_()
    encoding = bottleneck(torch.randn(16, 128))
    ours = build(["vq"], 128, 3)["vq"](
        Latents(x=encoding.z, label=torch.arange(16), mean=encoding.mean, codes=encoding.codes)
    )
    theirs = library.VectorQuantize(
        dim=4,
        codebook_size=512,
        commitment_weight=1.0,
        learnable_codebook=True,
        ema_update=False,
        in_place_codebook_optimizer=None,
    )
    with torch.no_grad():
        theirs._codebook.embed.copy_(bottleneck.codebook[None])
    words = encoding.mean.detach().unflatten(1, (32, 4)).requires_grad_()
    quantized, _, loss = theirs.train()(words)
    torch.testing.assert_close(quantized.flatten(1), encoding.z)
    # theirs pulls words and codebook with the same force, ours words with a quarter of it
    torch.testing.assert_close(ours, 1.25 * loss.squeeze())
    our_pulls = torch.autograd.grad(ours, (encoding.mean, bottleneck.codebook))
    their_pulls = torch.autograd.grad(loss.squeeze(), (words, theirs._codebook.embed))
    torch.testing.assert_close(our_pulls[0], 0.25 * their_pulls[0].flatten(1))
    torch.testing.assert_close(our_pulls[1], their_pulls[1][0])
