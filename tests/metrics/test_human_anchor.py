"""The human scores of Omniglot with the released critics: the anchor of every published figure.

Needs the Omniglot archives and the two released critics of *Diversity vs. Recognizability* (NeurIPS
2022), in `omniglot/` and `critics/` of the folder `ONESHOT_DATA` or of `../shared/data`.
"""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from oneshot.drawings import omniglot
from oneshot.drawings.splits import TEST
from oneshot.metrics.features import embed
from oneshot.metrics.scoring import score
from oneshot.models.critics import released

BESIDE = Path(__file__).parents[2].parent / "shared" / "data"
DATA = Path(os.environ.get("ONESHOT_DATA", BESIDE))
NEEDED = [
    "omniglot/images_background.zip",
    "omniglot/images_evaluation.zip",
    "critics/simclr_omniglot.pt",
    "critics/proto_net_omniglot.pt",
]
missing = [name for name in NEEDED if not (DATA / name).exists()]
pytestmark = pytest.mark.skipif(
    bool(missing), reason=f"{missing[:1]} not found; set ONESHOT_DATA to the data folder"
)

BINS = [
    (0.122, 99.8),
    (0.289, 99.6),
    (0.328, 99.6),
    (0.361, 98.9),
    (0.393, 99.5),
    (0.427, 98.7),
    (0.468, 98.2),
    (0.511, 98.0),
    (0.570, 97.4),
    (0.704, 90.9),
]


def human_scores(side):
    """Score all drawings of the 150 test characters, drawn at `side`, with critics for 50 px."""
    root = DATA / "omniglot"
    names = omniglot.names(root)
    wanted = [n for n, part in zip(names, omniglot.split(names), strict=True) if part == TEST]
    drawings = torch.from_numpy(np.stack(list(omniglot.pages(root, wanted, side))))[:, :, None]
    assert drawings.shape == (150, 20, 1, side, side)
    critic = released(DATA / "critics/simclr_omniglot.pt", "originality")
    judge = released(DATA / "critics/proto_net_omniglot.pt", "recognition")
    features = embed(critic, drawings, 0.5)
    nearest = (features - features.mean(1, keepdim=True)).square().sum(2).argmin(1)
    exemplars = drawings[torch.arange(150), nearest]
    return score(drawings, exemplars, critic, judge, threshold=0.5)


def test_drawings_made_at_48_px_and_judged_at_50():
    """The released evaluation gives these numbers; binarising before resizing misses them."""
    human = human_scores(48)
    assert human.diversity_raw.value == pytest.approx(1.289, abs=0.002)
    assert human.normaliser == pytest.approx(3.272, abs=0.003)
    assert human.diversity.value == pytest.approx(0.394, abs=0.001)
    assert human.originality.value == pytest.approx(0.422, abs=0.001)
    assert human.recognizability.value == pytest.approx(97.5, abs=0.3)
    assert human.ways == 20


def test_drawings_made_at_50_px():
    human = human_scores(50)
    assert human.diversity.value == pytest.approx(0.391, abs=0.004)
    assert human.originality.value == pytest.approx(0.417, abs=0.006)
    assert human.recognizability.value == pytest.approx(98.1, abs=0.3)
    bins, expected = np.array(human.bins), np.array(BINS)
    assert np.abs(bins[:, 0] - expected[:, 0]).max() < 0.02
    assert np.abs(bins[:, 1] - expected[:, 1]).max() < 1.5
