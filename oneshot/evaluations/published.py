"""Published points, to be shown beside what is measured here.

All were read off the axes of figures 2, 3 and 4 of *Diffusion Models as Artists* (ICML 2023), where
an error of 0.005 in diversity and originality and of 0.3 points in recognizability must be
expected. They belong to the paper's own critics and concepts, so they show how points lie relative
to each other, not what a score here should be. Systems are named as in `systems.SYSTEMS`;
recognizability is in percent.
"""

from collections.abc import Mapping

from oneshot.metrics.paired import DIVERSITY_PLANE

POINTS: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "omniglot": {
        "human": (0.390, 97.6),
        "cfgdm": (0.364, 96.7),
        "fsdm": (0.487, 94.8),
        "ddpm": (0.502, 89.8),
        "vae-ns": (0.561, 85.0),
        "vae-stn": (0.644, 75.0),
        "da-gan-un": (0.092, 88.3),
        "da-gan-rn": (0.108, 83.0),
    },
    "quickdraw": {
        "human": (0.484, 97.5),
        "cfgdm": (0.412, 97.1),
        "fsdm": (0.342, 97.1),
        "ddpm": (0.553, 88.0),
        "vae-ns": (0.539, 78.3),
        "vae-stn": (0.675, 61.4),
        "da-gan-un": (0.235, 84.2),
        "da-gan-rn": (0.107, 88.5),
    },
}
"""Diversity and recognizability by data set and system: fig. 2, large markers."""
SYSTEMS = tuple(name for name in POINTS["omniglot"] if name != "human")
"""The systems that are compared in the paper."""

BINS: Mapping[str, Mapping[str, tuple[tuple[float, float], ...]]] = {
    "quickdraw": {
        "human": (
            (0.342, 99.4), (0.432, 98.9), (0.482, 98.5), (0.526, 98.1), (0.567, 97.9),
            (0.610, 97.6), (0.660, 97.1), (0.719, 96.7), (0.795, 96.0), (0.970, 94.4),
        ),
        "cfgdm": (
            (0.299, 99.5), (0.370, 99.1), (0.413, 98.8), (0.452, 98.4), (0.487, 98.0),
            (0.522, 97.6), (0.564, 97.0), (0.613, 96.0), (0.682, 94.6), (0.841, 91.5),
        ),
        "ddpm": (
            (0.403, 97.5), (0.501, 95.4), (0.561, 93.8), (0.612, 92.4), (0.661, 90.5),
            (0.711, 88.3), (0.765, 85.6), (0.832, 82.4), (0.922, 78.4), (1.130, 70.4),
        ),
        # the sixth is hidden behind other markers
        "fsdm": (
            (0.249, 99.9), (0.326, 99.7), (0.375, 99.5), (0.421, 99.1), (0.465, 98.7),
            (0.51, 98.0), (0.571, 96.8), (0.638, 94.6), (0.726, 90.5), (0.897, 78.9),
        ),
    },
}  # fmt: skip
"""Generalization curves, bins of originality and recognizability: fig. 3b."""

PEAKS: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "quickdraw": {
        "human": (0.40, 1.25),
        "ddpm": (0.42, 1.08),
        "cfgdm": (0.29, 1.59),
        "fsdm": (0.14, 1.58),
    },
}
"""Highest points of the densities of originality, and the densities there: fig. 3a."""

GUIDANCE: Mapping[str, Mapping[float | None, tuple[tuple[float, float] | None, tuple]]] = {
    "quickdraw": {
        None: ((0.340, 99.4), (0.973, 94.4)),
        0.0: ((0.400, 98.5), (1.123, 70.4)),
        0.2: (None, (1.054, 78.1)),
        0.4: (None, (0.977, 83.9)),
        0.6: (None, (0.920, 87.3)),
        0.8: ((0.305, 99.7), (0.878, 89.8)),
        1.0: ((0.293, 99.7), (0.843, 91.4)),
        1.5: ((0.278, 99.7), (0.784, 94.1)),
        2.0: ((0.265, 99.8), (0.741, 95.7)),
    },
}
"""First and last point of the curve of each guidance strength, None being human: fig. 4.

The first points of some strengths lie on top of each other and could not be read.
"""


def point(dataset: str, system: str) -> dict[str, float] | None:
    """Return the published diversity and recognizability of a system, None where there are none."""
    found = POINTS.get(dataset, {}).get(system)
    return found and dict(zip(DIVERSITY_PLANE, found, strict=True))
