"""Critic networks: the feature spaces in which drawings are judged.

The originality critic is trained by SimCLR and read at its 256-d embedding, before the projector;
the recognition critic is a prototypical network, read at its 128-d metric layer. Both are an
encoder followed by one linear head, so one class serves both and only the place of reading differs.

Sources: *Diversity vs. Recognizability* (NeurIPS 2022) for the Omniglot critics, *Diffusion Models
as Artists* (ICML 2023) for the Quick, Draw! critics.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from oneshot import shipped
from oneshot.device import HOST

Features = Literal["embedding", "head"]
STEMS = ("pooled", "strided")


class Critic(nn.Module):
    """An encoder to an embedding and a linear head on it; `features` says which of them is read.

    `side` is the side in pixels of the images the critic expects.
    """

    def __init__(self, encoder: nn.Module, width: int, side: int, features: Features):
        super().__init__()
        if features not in ("embedding", "head"):
            raise ValueError(f"features must be 'embedding' or 'head', got {features!r}")
        self.side = side
        self.features = features
        self.encoder = encoder
        self.embedding = nn.Linear(width, 256)
        self.head = nn.Linear(256, 128)

    def embed(self, x: Tensor) -> Tensor:
        """Map images (N, 1, side, side) in [0, 1] to embeddings (N, 256)."""
        if x.shape[1:] != (1, self.side, self.side):
            raise ValueError(
                f"this critic expects images (N, 1, {self.side}, {self.side}), "
                f"got {tuple(x.shape)}; oneshot.metrics.features.prepare resizes and binarises them"
            )
        return self.embedding(self.encoder(x))

    def forward(self, x: Tensor) -> Tensor:
        """Map images (N, 1, side, side) in [0, 1] to the features that the metrics read.

        They are (N, 256) when `features` is "embedding" and (N, 128) when it is "head".
        """
        embedding = self.embed(x)
        return embedding if self.features == "embedding" else self.head(embedding)


class ConvCritic(Critic):
    """Stack of [3x3 convolution, batch norm, ReLU, 2x2 max pool], one per width.

    The defaults are the Omniglot critics (292,544 parameters); `side=48, widths=(64, 128, 128)` is
    the Quick, Draw! originality critic (1,435,520). `stem="strided"` replaces the first convolution
    and its pool by a 4x4 convolution of stride 2, which never touches full-resolution features and
    is what a laptop can train.
    """

    def __init__(
        self,
        side: int = 50,
        widths: Sequence[int] = (64, 64, 64, 64),
        features: Features = "embedding",
        stem: str = "pooled",
    ):
        if stem not in STEMS:
            raise ValueError(f"stem must be 'pooled' or 'strided', got {stem!r}")
        final = side >> len(widths)
        if final == 0:
            raise ValueError(f"{len(widths)} halvings leave nothing of an image of side {side}")
        ins = (1, *widths[:-1])
        blocks = [_pooled(a, b) for a, b in zip(ins, widths, strict=True)]
        if stem == "strided":
            blocks[0] = _strided(ins[0], widths[0])
        encoder = nn.Sequential(*blocks, nn.Flatten())
        super().__init__(encoder, widths[-1] * final**2, side, features)


class ResNetCritic(Critic):
    """ResNet-18 without stem pooling, the Quick, Draw! recognition critic (11,331,904 parameters).

    3x3 stem of stride 1, four stages of two basic blocks (64, 128, 256, 512), global average pool.
    """

    def __init__(self, side: int = 48, widths: Sequence[int] = (64, 128, 256, 512)):
        ins = (widths[0], *widths[:-1])
        stages = [
            nn.Sequential(BasicBlock(a, b, 1 if i == 0 else 2), BasicBlock(b, b, 1))
            for i, (a, b) in enumerate(zip(ins, widths, strict=True))
        ]
        encoder = nn.Sequential(
            nn.Conv2d(1, widths[0], 3, padding=1, bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(),
            *stages,
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )
        super().__init__(encoder, widths[-1], side, "head")


class PatchCritic(Critic):
    """Three basic blocks on patches of 4x4 pixels, flattened: a recognition critic for laptops.

    The positions of features are kept, as in the Omniglot critics, because where the parts of a
    drawing are tells concepts apart; 3.1 M parameters at 48 px.
    """

    PATCH = 4

    def __init__(self, side: int = 48, widths: Sequence[int] = (96, 192)):
        if side % (2 * self.PATCH):
            raise ValueError(f"PatchCritic: side={side} is not a multiple of {2 * self.PATCH}")
        first, last = widths
        encoder = nn.Sequential(
            nn.Conv2d(1, first, self.PATCH, self.PATCH, bias=False),
            nn.BatchNorm2d(first),
            nn.ReLU(),
            BasicBlock(first, first, 1),
            BasicBlock(first, last, 2),
            BasicBlock(last, last, 1),
            nn.Flatten(),
        )
        super().__init__(encoder, last * (side // (2 * self.PATCH)) ** 2, side, "head")


class BasicBlock(nn.Module):
    """Two 3x3 convolutions with a shortcut (He et al. 2016, fig. 2)."""

    def __init__(self, ins: int, outs: int, stride: int):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(ins, outs, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(outs),
            nn.ReLU(),
            nn.Conv2d(outs, outs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outs),
        )
        self.shortcut = nn.Sequential()
        if stride != 1 or ins != outs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(ins, outs, 1, stride, bias=False), nn.BatchNorm2d(outs)
            )

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.body(x) + self.shortcut(x))


def _pooled(ins: int, outs: int) -> nn.Sequential:
    # max commutes with ReLU, and pooling first leaves ReLU a quarter of the work
    return nn.Sequential(
        nn.Conv2d(ins, outs, 3, padding=1), nn.BatchNorm2d(outs), nn.MaxPool2d(2), nn.ReLU()
    )


def _strided(ins: int, outs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(ins, outs, 4, stride=2, padding=1), nn.BatchNorm2d(outs), nn.ReLU()
    )


def released(path: str | Path, kind: str) -> ConvCritic:
    """Import a released Omniglot critic of *Diversity vs. Recognizability* (NeurIPS 2022).

    `path` is the state dict (`.pt`): `simclr_omniglot.pt` for the originality critic, read at its
    256-d embedding, `proto_net_omniglot.pt` for the recognition critic, read at its 128-d metric
    layer. Returned in eval mode, for images of side 50.

    Raises FileNotFoundError when there is no such file and ValueError when it holds other weights.
    """
    heads: dict[str, tuple[str, Features]] = {
        "originality": ("projection.0", "embedding"),
        "recognition": ("metric_layer", "head"),
    }
    if kind not in heads:
        raise ValueError(f"kind must be one of {sorted(heads)}, got {kind!r}")
    head, features = heads[kind]
    critic = ConvCritic(side=50, features=features)
    weights = _read(Path(path))
    wanted = {_foreign(name, head): name for name in critic.state_dict()}
    if missing := sorted(wanted.keys() - weights.keys()):
        raise ValueError(
            f"{path} is not a released {kind} critic: it lacks {missing[0]!r} "
            f"({len(missing)} of {len(wanted)} weights); kind must match the file, "
            "'originality' for the SimCLR network, 'recognition' for the prototypical network"
        )
    try:
        critic.load_state_dict({ours: weights[theirs] for theirs, ours in wanted.items()})
    except RuntimeError as error:
        raise ValueError(f"{path} is not a released {kind} critic: {error}") from error
    return critic.eval()


def _read(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise FileNotFoundError(f"no released critic at {path}; give the path of the .pt file")
    shipped.refuse_pointer(path)
    try:
        weights = torch.load(path, map_location=HOST, weights_only=True)
    except Exception:
        # torch goes on to advise loading it without that care, which would run what is in it
        raise ValueError(
            f"{path} is not a file of weights alone, as the critics are released; download it again"
        ) from None
    if not isinstance(weights, dict):
        raise ValueError(f"{path} holds a {type(weights).__name__}, expected a state dict")
    return weights


def _foreign(name: str, head: str) -> str:
    """Translate one of our weight names into the released one."""
    part, rest = name.split(".", 1)
    if part == "encoder":
        return f"embedding.{rest}"
    return f"embedding.6.{rest}" if part == "embedding" else f"{head}.{rest}"
