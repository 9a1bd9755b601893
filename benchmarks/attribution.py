"""Latent importance maps by one derivative a step, against the decoder's full Jacobian."""

import torch
from torch import Tensor

from oneshot import bench
from oneshot.attribution.latent import push
from oneshot.models.autoencoder import Autoencoder

LATENT, VARIATIONS = 128, 10


def row() -> dict:
    """Return processor seconds for one step of ten variations both ways; the best of several.

    One thread, the published decoder with random weights. The plain way is not the released one,
    which is slower: its Jacobian is made column by column in one vectorised call, not row by row.
    Raises AssertionError when the two do not agree to 1e-4.
    """
    torch.manual_seed(0)
    decoder = Autoencoder(LATENT).eval().requires_grad_(False)
    z, direction = torch.randn(2, 1, VARIATIONS, LATENT)
    with bench.one_thread():
        mine, other = push(decoder.decode, z, direction), _full(decoder, z[0], direction[0])
        torch.testing.assert_close(mine[0], other, rtol=1e-4, atol=1e-6)
        ours = bench.fastest(lambda: push(decoder.decode, z, direction), 10)
        plain = bench.fastest(lambda: _full(decoder, z[0], direction[0]), 2)
    return bench.row("latent importance maps (one thread)", ours, plain, 20)


def _full(decoder: Autoencoder, z: Tensor, direction: Tensor) -> Tensor:
    """Return J(z) direction for each variation, the Jacobian in full."""
    jacobian = torch.func.jacfwd(decoder.decode)
    pages = [jacobian(at[None])[0, :, :, :, 0] @ to for at, to in zip(z, direction, strict=True)]
    return torch.stack(pages)


if __name__ == "__main__":
    print(row())
