"""Few-shot diffusion: a denoiser that looks at a set of drawings through a transformer.

Giannone et al. 2022, *Few-Shot Diffusion Models*; the FSDM of Boutin et al., *Diffusion Models as
Artists* (ICML 2023), where the set at test is the one exemplar.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from oneshot.models.conditioning import TimeEmbedding, spread
from oneshot.models.modulated_unet import ModulatedUNet

HEAD_SIZE = 64
POOLINGS = ("mean", "cls", "none", "mean_patch")
CONDITIONINGS = ("film", "cross", "place")


def check_place(conditioning: str, pooling: str) -> None:
    """Raise ValueError where patches have a place on one side only of encoder and denoiser."""
    if (conditioning == "place") != (pooling == "mean_patch"):
        raise ValueError(
            "conditioning 'place' and pooling 'mean_patch' go together: each needs the other"
        )


class SetEncoder(nn.Module):
    """A vision transformer over the patches of all images of a set at once.

    Patches know their place in their image but not which image it was: the order of the set does
    not matter. A class token and the time step join them. `pooling` returns the mean of the patch
    tokens, the class token, all tokens ("none"), or for each place the mean over the set of the
    patches that lie there ("mean_patch"). The published size is depth 6, 12 heads, width 256,
    dropout 0.2.
    """

    def __init__(
        self,
        side: int = 48,
        patch: int = 8,
        width: int = 256,
        depth: int = 6,
        heads: int = 12,
        dropout: float = 0.2,
        pooling: str = "mean",
    ):
        super().__init__()
        if side % patch:
            raise ValueError(f"images of {side} pixels cannot be cut in patches of {patch}")
        if pooling not in POOLINGS:
            raise ValueError(f"unknown pooling {pooling!r}: expected one of {POOLINGS}")
        self.patch, self.width, self.pooling = patch, width, pooling
        self.embed = nn.Linear(patch**2, width)
        self.place = nn.Parameter(0.02 * torch.randn((side // patch) ** 2, width))
        self.summary = nn.Parameter(0.02 * torch.randn(width))
        self.time = TimeEmbedding(width, width, width)
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList(SetLayer(width, heads, dropout) for _ in range(depth))
        self.norm = nn.LayerNorm(width)

    def forward(self, sets: Tensor, t: Tensor) -> Tensor:
        """Return tokens (N, L, width) of `sets` (N, S, 1, H, W) at time steps `t` (N,).

        L is 1 for "mean" and "cls", the patches of an image for "mean_patch". `t` may be
        fractional.
        """
        patches = F.pixel_unshuffle(sets.flatten(0, 1), self.patch).flatten(2).mT
        tokens = (self.embed(patches) + self.place).unflatten(0, sets.shape[:2]).flatten(1, 2)
        summary = self.summary.to(tokens.dtype).expand(len(sets), 1, -1)
        tokens = self.dropout(torch.cat([summary, self.time(t)[:, None], tokens], dim=1))
        for layer in self.layers:
            tokens = layer(tokens)
        tokens = self.norm(tokens)
        if self.pooling == "cls":
            return tokens[:, :1]
        if self.pooling == "mean_patch":
            return tokens[:, 2:].unflatten(1, (sets.shape[1], -1)).mean(dim=1)
        return tokens[:, 2:].mean(dim=1, keepdim=True) if self.pooling == "mean" else tokens


class SetLayer(nn.Module):
    """A pre-norm transformer layer."""

    def __init__(self, width: int, heads: int, dropout: float):
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * heads * HEAD_SIZE, bias=False)
        self.out = nn.Linear(heads * HEAD_SIZE, width)
        self.perceptron = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, width),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(width, width),
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens: Tensor) -> Tensor:
        qkv = self.qkv(self.norm(tokens)).unflatten(-1, (3, self.heads, HEAD_SIZE))
        q, k, v = qkv.transpose(1, 3).unbind(2)
        # Written out: on so few tokens torch's fused attention is several times slower in bf16.
        weights = (q @ k.mT * HEAD_SIZE**-0.5).softmax(dim=-1)
        mixed = (weights.to(v.dtype) @ v).transpose(1, 2).flatten(2)
        tokens = tokens + self.dropout(self.out(mixed))
        return tokens + self.dropout(self.perceptron(tokens))


class SetDenoiser(nn.Module):
    """Noise in an image, given a set of drawings of the same concept.

    With `conditioning` "film" the pooled set joins the time in the scale and shift of every block,
    with "cross" the U-Net attends to the tokens of the set where it attends to itself, and with
    "place" the tokens of "mean_patch" are laid out where their patches lie, as a second channel of
    the noisy image. A learned token stands in for a dropped set. `options` are those of
    `ModulatedUNet`; Giannone et al. use widths (64, 128, 192, 256), two blocks, patch 1 and dropout
    0.2.
    """

    def __init__(
        self,
        encoder: SetEncoder,
        conditioning: str = "film",
        embedding: int = 256,
        **options,
    ):
        super().__init__()
        if conditioning not in CONDITIONINGS:
            raise ValueError(
                f"unknown conditioning {conditioning!r}: expected one of {CONDITIONINGS}"
            )
        if conditioning == "film" and encoder.pooling == "none":
            raise ValueError(
                "conditioning 'film' needs one vector for the set: pool it by 'mean' or 'cls'"
            )
        check_place(conditioning, encoder.pooling)
        film, place = conditioning == "film", conditioning == "place"
        self.encoder, self.conditioning = encoder, conditioning
        self.null = nn.Parameter(torch.zeros(encoder.width))
        self.time = TimeEmbedding(embedding, embedding, embedding)
        self.lay = nn.Linear(encoder.width, encoder.patch**2) if place else None
        self.unet = ModulatedUNet(
            1 + place,
            embedding + encoder.width * film,
            tokens=encoder.width if conditioning == "cross" else None,
            **options,
        )

    def forward(self, x: Tensor, t: Tensor, condition: Tensor, keep: Tensor) -> Tensor:
        """Return the noise predicted in `x` (N, 1, H, W) or (N, V, 1, H, W), of the same shape.

        `t` (N,) are integer time steps and `condition` (N, S, 1, H, W) sets of drawings scaled like
        `x`, of which nothing is seen where `keep` (N,) is 0. A set is encoded once for V images.
        """
        tokens = self.encoder(condition, t).float()
        tokens = torch.lerp(self.null, tokens, keep[:, None, None])
        time, images = self.time(t), x
        if x.dim() == 5:
            time, tokens = spread(x.shape[1], time, tokens)
            images = x.flatten(0, 1)
        if self.lay is not None:
            patches = self.lay(tokens).mT.to(images.dtype)
            page = F.fold(patches, images.shape[2:], self.encoder.patch, stride=self.encoder.patch)
            eps = self.unet(torch.cat([images, page], dim=1), time)
        elif self.conditioning == "film":
            eps = self.unet(images, torch.cat([time, tokens[:, 0]], dim=1))
        else:
            eps = self.unet(images, time, tokens)
        return eps.view_as(x)
