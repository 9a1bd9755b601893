"""Latent importance maps by one derivative a step, against the decoder's full Jacobian."""

import time

import torch
from torch import Tensor

from oneshot.attribution.latent import push
from oneshot.models.autoencoder import Autoencoder

LATENT, VARIATIONS = 128, 10


def row() -> dict:
    """Return processor seconds for one step of ten variations both ways; the best of several.

    One thread, the published decoder with random weights. The plain way is not the released one,
    which is slower: its Jacobian is made column by column in one vectorised call, not row by row.
    Raises AssertionError when the two do not agree to 1e-4.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        torch.manual_seed(0)
        decoder = Autoencoder(LATENT).eval().requires_grad_(False)
        z, direction = torch.randn(2, 1, VARIATIONS, LATENT)
        mine, ours = _best(lambda: push(decoder.decode, z, direction), 10)
        other, plain = _best(lambda: _full(decoder, z[0], direction[0]), 2)
    finally:
        torch.set_num_threads(threads)
    torch.testing.assert_close(mine[0], other, rtol=1e-4, atol=1e-6)
    return {
        "name": "latent importance maps (one thread)",
        "ours_s": ours,
        "plain_s": plain,
        "ratio": plain / ours,
        "target": 20,
    }


def _full(decoder: Autoencoder, z: Tensor, direction: Tensor) -> Tensor:
    """Return J(z) direction for each variation, the Jacobian in full."""
    jacobian = torch.func.jacfwd(decoder.decode)
    pages = [jacobian(at[None])[0, :, :, :, 0] @ to for at, to in zip(z, direction, strict=True)]
    return torch.stack(pages)


def _best(function, tries: int) -> tuple[Tensor, float]:
    seconds = []
    for _ in range(tries):
        start = time.thread_time()
        result = function()
        seconds.append(time.thread_time() - start)
    return result, min(seconds)


if __name__ == "__main__":
    print(row())
