"""Models whose predictions are known: the data of every exemplar are a Gaussian around it."""

from torch import Tensor, nn

from oneshot.diffusion.schedules import Schedule


class GaussianDenoiser(nn.Module):
    """The exact denoiser of data N(condition, spread^2), and of N(0, spread^2) without condition.

    With x_t = sqrt(a) x_0 + sqrt(1 - a) eps, E[eps | x_t] is
    sqrt(1 - a) (x_t - sqrt(a) mean) / (a spread^2 + 1 - a). The difference between conditional and
    unconditional prediction does not depend on x_t; with spread 0 the noise never changes.
    """

    def __init__(self, schedule: Schedule, spread: float, latent: int = 0):
        super().__init__()
        self.alphas, self.spread, self.latent = schedule.alphas_cumprod, spread, latent

    def forward(self, x: Tensor, t: Tensor, condition: Tensor, keep: Tensor) -> Tensor:
        mean = condition * keep.view(-1, *(1,) * (condition.ndim - 1))
        if x.ndim > mean.ndim:
            mean = mean[:, None]
        a = self.alphas[t].view(-1, *(1,) * (x.ndim - 1))
        return ((1 - a).sqrt() * (x - a.sqrt() * mean) / (a * self.spread**2 + 1 - a)).float()


def difference(alphas: Tensor, spread: float, means: Tensor) -> Tensor:
    """Return (S, *means.shape): eps_uncond - eps_cond, weighted by the noise level of each step."""
    weight = (1 - alphas) * alphas.sqrt() / (alphas * spread**2 + 1 - alphas)
    return (weight.view(-1, *(1,) * means.ndim) * means).float()
