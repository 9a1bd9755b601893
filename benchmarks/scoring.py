"""All scores of a model's drawings, against embedding the images of every episode anew.

The plain way is that of the released evaluation of *Latent Representation Matters* (NeurIPS 2024):
drawings are embedded once for diversity and originality, and then, in each of ten bins, those of
eight episodes at a time. Both hold 16 trials a concept and bin, where 100 are published,
which spares the plain way most of its time. Ours also gives intervals.
"""

import torch
from torch import Tensor

from oneshot import bench
from oneshot.metrics.features import prepare
from oneshot.metrics.scoring import score
from oneshot.models.critics import ConvCritic

CONCEPTS, DRAWINGS, BINS, WAYS, TRIALS, TOGETHER = 20, 20, 10, 20, 16, 8
THRESHOLD = 0.3


def row() -> dict:
    """Return processor seconds to score 20 drawings of each of 20 concepts, on one thread."""
    torch.manual_seed(0)
    exemplars = (torch.rand(CONCEPTS, 1, 48, 48) > 0.9).float()
    noise = torch.rand(CONCEPTS, DRAWINGS, 1, 48, 48) > 0.97
    drawings = (exemplars[:, None] + noise).clamp(max=1)
    critics = ConvCritic(48).eval(), ConvCritic(48, features="head").eval()
    with bench.one_thread():
        ours = bench.fastest(lambda: _ours(drawings, exemplars, *critics), 3)
        plain = bench.fastest(lambda: _plain(drawings, exemplars, *critics), 1)
    return bench.row(f"scoring {CONCEPTS * DRAWINGS} drawings (one thread)", ours, plain, 10)


def _ours(drawings: Tensor, exemplars: Tensor, originality, recognition) -> None:
    trials = 5 * TRIALS  # a fifth of them in each bin
    score(drawings, exemplars, originality, recognition, threshold=THRESHOLD, trials=trials)


@torch.no_grad()
def _plain(drawings: Tensor, exemplars: Tensor, originality, recognition) -> list[float]:
    features = torch.stack([originality(prepare(d, 48, THRESHOLD)) for d in drawings])
    anchors = originality(prepare(exemplars, 48, THRESHOLD))
    order = (features - anchors[:, None]).norm(dim=2).argsort(1).split(DRAWINGS // BINS, dim=1)
    return [_accuracy(drawings, exemplars, chosen, recognition) for chosen in order]


def _accuracy(drawings: Tensor, exemplars: Tensor, chosen: Tensor, recognition) -> float:
    """Hold the episodes of one bin, whose drawings are `chosen` (C, n)."""
    right = 0
    for _ in range(0, TRIALS, TOGETHER):
        labels = torch.stack([torch.randperm(CONCEPTS)[:WAYS] for _ in range(TOGETHER)])
        query = chosen[labels, torch.randint(chosen.shape[1], labels.shape)]
        images = torch.cat([exemplars[labels], drawings[labels, query]], 1).flatten(0, 1)
        found = recognition(prepare(images, 48, THRESHOLD)).unflatten(0, (TOGETHER, 2 * WAYS))
        nearest = torch.cdist(found[:, WAYS:], found[:, :WAYS]).argmin(2)
        right += int((nearest == torch.arange(WAYS)).sum())
    return right / (TRIALS * WAYS)


if __name__ == "__main__":
    print(row())
