"""Golden numbers of each sampler and each metric, on inputs that are the same on every machine.

`python tests/golden.py` writes them into golden.json; whoever does says why they changed.
"""

import json
from dataclasses import asdict, is_dataclass
from pathlib import Path

import numpy as np
import torch

from oneshot import rng
from oneshot.diffusion.guidance import guided
from oneshot.diffusion.samplers import SAMPLERS
from oneshot.diffusion.schedules import SCHEDULES, make_schedule
from oneshot.metrics import curves, fits, human, intervals, originality, probes, recognizability

FILE = Path(__file__).with_suffix(".json")
C, V, K = 8, 10, 6


def denoise(x, t, condition, keep):
    """Predict noise as no network does, but as smoothly, in elementary functions."""
    at = (t.float() / 500).view(-1, *[1] * (x.dim() - 1))
    kept = keep.view(-1, *[1] * (x.dim() - 1))
    return 0.9 * torch.tanh(x) + 0.3 * at * torch.sin(3 * x) - 0.2 * kept * condition


def drawn(sampler: str, schedule: str, guidance: float) -> list[float]:
    """Return mean, deviation and some values of samples of the denoiser."""
    start = rng.noise(3, [0, 1], 4, (5,)).flatten(0, 1)
    condition = torch.linspace(-1, 1, 8)[:, None].expand(8, 5)
    eps = guided(denoise, condition, guidance)

    def noise(step):
        return rng.noise(3, [0, 1], 4, (5,), step + 1).flatten(0, 1)

    plan = make_schedule(schedule, 500)
    x = SAMPLERS[sampler](eps, start, plan, 12, noise=noise, clip=4.0).double()
    return [x.mean().item(), x.std().item(), *x[0].tolist()]


def measured() -> dict[str, object]:
    """Return what each metric says of made-up features."""
    centres = 2 * rng.noise(1, range(C), 1, (K,))
    drawings = centres + rng.noise(2, range(C), V, (K,))
    models = centres + 0.8 * rng.noise(4, range(C), V, (K,)) + 0.1
    exemplars = centres[:, 0] + 0.3 * rng.noise(5, range(C), 1, (K,))[:, 0]
    pages = torch.sigmoid(rng.noise(6, range(C), V, (1, 4, 4)))
    curve = curves.generalization_curve(
        (models, exemplars), (models, exemplars), bins=4, ways=5, trials=50
    )
    points = np.array([[0.0, 1.0], [1.0, 1.8], [2.0, 2.2], [3.0, 2.1], [4.0, 1.7]])
    own = originality.originality(models, exemplars)
    return {
        "diversity": originality.raw_diversity(models) / originality.normaliser(models),
        "originality": own.mean(1),
        "recognizability 5 ways": recognizability.recognizability(
            models, exemplars, 5, 200, seed=0
        ).per_concept,
        "recognizability 5 ways, exact": recognizability.recognizability(
            models, exemplars, 5, None
        ).per_concept,
        "recognizability of all": recognizability.recognizability(
            models, exemplars, "all"
        ).per_concept,
        "generalization curve": curve.points,
        "quadratic fit": curves.quadratic_fit(curve.points, 5),
        "density": curves.density(own, np.linspace(0, 2, 5)),
        "gap": curves.gap(points[:, ::-1], points[:, ::-1] + [0.1, 0.2]),
        "distance to human": human.distance_to_human(points, [1.0, 2.0], human.spread_of(points)),
        "coverage": human.coverage(drawings, models, 3),
        "parametric fit": fits.fit_curve(points).path[::33],
        "smooth": fits.smooth(10.0 ** np.arange(5), points[:, 1])(np.array([3.0, 300.0])),
        "interval of a mean": intervals.mean(own.mean(1).numpy()),
        "interval of a ratio": intervals.ratio(own.mean(1).numpy(), own[:, 0].numpy()),
        "linear probe": probes.linear_probe(drawings),
        "one-shot probe": probes.one_shot_probe(models, exemplars),
        "one-shot probe, whitened": probes.one_shot_probe(models, exemplars, whiten=True),
        "shape of latents": probes.statistics(drawings),
        "reconstruction": probes.reconstruction_error(Dimmer(), pages),
    }


class Dimmer(torch.nn.Module):
    """An autoencoder that gives back nine tenths."""

    def encode(self, images):
        return images

    def decode(self, latents):
        return 0.9 * latents


def numbers() -> dict[str, list[float]]:
    """Return all golden numbers by name."""
    found = {
        f"{sampler}, {schedule}, guidance {guidance:g}": drawn(sampler, schedule, guidance)
        for sampler in SAMPLERS
        for schedule in SCHEDULES
        for guidance in (0.0, 1.5)
    }
    return found | {name: flat(value) for name, value in measured().items()}


def flat(value) -> list[float]:
    """Return the numbers in a result, in its order."""
    if is_dataclass(value):
        value = asdict(value)
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [number for item in value for number in flat(item)]
    return np.asarray(value, dtype=float).ravel().tolist()


if __name__ == "__main__":
    rows = {k: [float(f"{n:.7g}") for n in v] for k, v in numbers().items()}
    lines = [f"{json.dumps(name)}: {json.dumps(values)}" for name, values in rows.items()]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")
