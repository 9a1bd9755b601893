"""Networks that predict the noise in a latent vector, given the latent of the exemplar.

Both are called as `denoiser(x, t, condition, keep)` with `x` (N, d), integer time steps `t` (N,),
`condition` (N, d) and `keep` (N,): where `keep` is 0 the condition has no influence. `x` may also
be (N, V, d), V latents that share their row's time, condition and keep; what depends on those alone
is then computed once a row, which is most of the modulation when a sheet of variations is drawn.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from oneshot.models.conditioning import TimeEmbedding, spread, start_at_zero

HEADS, HEAD_SIZE, GROUPS, TIME_SIZE = 4, 32, 8, 128


class ResidualDenoiser(nn.Module):
    """A residual perceptron modulated by time and condition: the default denoiser.

    The condition enters twice: beside the noisy latent, and with the time in a shift and scale of
    every block (FiLM, Perez et al. 2018). Blocks are pre-norm and start as the identity, and the
    prediction starts at zero. A learned vector stands in for a dropped condition.
    """

    def __init__(self, latent: int = 128, width: int = 768, blocks: int = 2, embedding: int = 256):
        super().__init__()
        self.latent = latent
        self.null = nn.Parameter(torch.zeros(latent))
        self.time = TimeEmbedding(TIME_SIZE, embedding, embedding)
        self.condition = nn.Sequential(
            nn.Linear(latent, embedding), nn.SiLU(), nn.Linear(embedding, embedding)
        )
        self.stem = nn.Linear(latent, width)
        self.stem_condition = nn.Linear(latent, width, bias=False)
        self.blocks = nn.ModuleList(ModulatedBlock(width, embedding) for _ in range(blocks))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, latent)
        start_at_zero(self.head)

    def forward(self, x: Tensor, t: Tensor, condition: Tensor, keep: Tensor) -> Tensor:
        """Return the predicted noise, of the shape of `x`."""
        condition = torch.lerp(self.null, condition, keep[:, None])
        embedding = F.silu(self.time(t) + self.condition(condition))
        h = self.stem(x) + _beside(self.stem_condition(condition), x)
        for block in self.blocks:
            h = block(h, embedding)
        return self.head(self.norm(h))


class ModulatedBlock(nn.Module):
    """A pre-norm residual block of two layers, shifted and scaled by an embedding."""

    def __init__(self, width: int, embedding: int):
        super().__init__()
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.modulation = nn.Linear(embedding, 2 * width)
        self.inner = nn.Linear(width, width)
        self.outer = nn.Linear(width, width)
        for layer in (self.modulation, self.outer):
            start_at_zero(layer)

    def forward(self, h: Tensor, embedding: Tensor) -> Tensor:
        scale, shift = _beside(self.modulation(embedding), h).chunk(2, dim=-1)
        inner = self.inner(torch.addcmul(shift, self.norm(h), 1 + scale))
        return h + self.outer(F.silu(inner))


class AttentionDenoiser(nn.Module):
    """The published denoiser: a small U-Net of perceptrons with attention over channels.

    467,104 parameters with the released defaults at a latent size of 128; `divisors` divide the
    width level by level. Boutin et al., *Latent Representation Matters* (NeurIPS 2024), released
    code. A dropped condition is zero, the mean latent.
    """

    def __init__(self, latent: int = 128, width: int = 64, divisors: tuple[int, ...] = (1, 2)):
        super().__init__()
        self.latent = latent
        self.stem = nn.Linear(2 * latent, width)
        self.time = TimeEmbedding(TIME_SIZE, TIME_SIZE, TIME_SIZE)
        widths = [width, *(width // divisor for divisor in divisors)]
        levels = list(pairwise(widths))
        self.down = nn.ModuleList(
            nn.ModuleList(
                [
                    TimedBlock(wide, wide),
                    TimedBlock(wide, wide),
                    ChannelAttention(wide),
                    nn.Linear(wide, narrow),
                ]
            )
            for wide, narrow in levels
        )
        self.middle = nn.ModuleList(
            [
                TimedBlock(widths[-1], widths[-1]),
                ChannelAttention(widths[-1]),
                TimedBlock(widths[-1], widths[-1]),
            ]
        )
        self.up = nn.ModuleList(
            nn.ModuleList(
                [
                    TimedBlock(wide + narrow, narrow),
                    TimedBlock(wide + narrow, narrow),
                    ChannelAttention(narrow),
                    nn.Linear(narrow, wide),
                ]
            )
            for wide, narrow in reversed(levels)
        )
        self.last = TimedBlock(2 * width, width)
        self.head = nn.Linear(width, latent)

    def forward(self, x: Tensor, t: Tensor, condition: Tensor, keep: Tensor) -> Tensor:
        """Return the predicted noise, of the shape of `x`."""
        if x.dim() == 3:
            return self(x.flatten(0, 1), *spread(x.shape[1], t, condition, keep)).view_as(x)
        h = stem = self.stem(torch.cat([x, condition * keep[:, None]], dim=1))
        time, skips = self.time(t), []
        for level in self.down:
            first, second, attention, narrow = level.children()
            h = first(h, time)
            skips.append(h)
            h = attention(second(h, time))
            skips.append(h)
            h = narrow(h)
        first, attention, second = self.middle
        h = second(attention(first(h, time)), time)
        for level in self.up:
            first, second, attention, widen = level.children()
            h = first(torch.cat([h, skips.pop()], dim=1), time)
            h = second(torch.cat([h, skips.pop()], dim=1), time)
            h = widen(attention(h))
        return self.head(self.last(torch.cat([h, stem], dim=1), time))


class TimedBlock(nn.Module):
    """Two linear layers with group normalisation, the first shifted and scaled by time."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.modulation = nn.Linear(TIME_SIZE, 2 * outputs)
        self.first = nn.Linear(inputs, outputs)
        self.first_norm = nn.GroupNorm(GROUPS, outputs)
        self.second = nn.Linear(outputs, outputs)
        self.second_norm = nn.GroupNorm(GROUPS, outputs)
        self.residual = nn.Linear(inputs, outputs) if inputs != outputs else nn.Identity()

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        scale, shift = self.modulation(F.silu(time)).chunk(2, dim=1)
        h = F.silu(torch.addcmul(shift, self.first_norm(self.first(x)), 1 + scale))
        return F.silu(self.second_norm(self.second(h))) + self.residual(x)


class ChannelAttention(nn.Module):
    """Attention whose tokens are the 32 channels of each head, numbers rather than vectors."""

    def __init__(self, width: int):
        super().__init__()
        self.before = nn.RMSNorm(width)
        self.qkv = nn.Linear(width, 3 * HEADS * HEAD_SIZE, bias=False)
        self.out = nn.Linear(HEADS * HEAD_SIZE, width)
        self.after = nn.RMSNorm(width)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(self.before(x.float())).unflatten(1, (3, HEADS, HEAD_SIZE)).unbind(1)
        logits = q[..., :, None] * k[..., None, :] * HEAD_SIZE**-0.5
        mixed = (logits.softmax(-1) @ v[..., None]).flatten(1)
        return x + self.after(self.out(mixed).float())


def _beside(rows: Tensor, x: Tensor) -> Tensor:
    """Shape what is known of each row (N, w) so that it broadcasts against `x` (N, ..., w)."""
    return rows if x.dim() == rows.dim() else rows.unsqueeze(1)
