"""Made-up tables of systems, drawings that bend with originality, and maps of a figure."""

import itertools
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from oneshot.attribution.figure import ARRAYS
from oneshot.evaluations import published, samples
from oneshot.evaluations import table as evaluations
from oneshot.evaluations.record import HUMAN, Record
from oneshot.evaluations.samples import Shown
from oneshot.evaluations.table import Table
from oneshot.metrics.intervals import Interval, mean, ratio
from oneshot.metrics.scoring import DENSITY_GRID

CONCEPTS = 24
POINTS = published.POINTS["omniglot"] | {"ldm": (0.33, 93.0)}
GUIDED = ("ldm", "cfgdm")
SETTINGS = {
    "ldm": {"regularizer": "prototype", "beta": 30.0},
    "vae-stn": {"beta": 1.0},
    "vae-ns": {"beta": 1.0, "set_size": 5.0},
    "da-gan-un": {"as_released": 0.0},
    "da-gan-rn": {"as_released": 0.0},
}


def trainings(recognizability, distance, scale) -> list[SimpleNamespace]:
    """Return trainings of one system with these scores, each (trainings, concepts)."""
    names = ("recognizability", "distance", "scale")
    scores = zip(*np.broadcast_arrays(recognizability, distance, scale), strict=True)
    return [SimpleNamespace(per_concept=dict(zip(names, one, strict=True))) for one in scores]


def row(system="cfgdm", point=(0.36, 96.0), originality=None, **changes) -> Record:
    """Return a row whose scores over concepts have `point` as their means."""
    seed = [sum(map(ord, system)), int(1000 * point[0]), int(10 * point[1])]
    dice = np.random.default_rng(seed)
    noise = dice.normal(0, 1, (3, CONCEPTS))
    noise -= noise.mean(1, keepdims=True)
    originality = 1.1 * point[0] if originality is None else originality
    scale = np.full(CONCEPTS, 3.0)
    raw, far = (3 * (v + 0.03 * noise[k]) for k, v in enumerate((point[0], originality)))
    right = point[1] + 3 * noise[2]
    bins = np.stack([originality * np.linspace(0.6, 1.7, 10), np.linspace(0.5, -1.5, 10)], 1)
    bins[:, 1] = np.minimum(point[1] + (101 - point[1]) * bins[:, 1], 100)
    bell = np.exp(-0.5 * ((DENSITY_GRID - originality) / 0.15) ** 2) / 0.376
    people = system == HUMAN
    fields = {
        "dataset": "omniglot",
        "size": "laptop",
        "split": "category",
        "critics": "own",
        "settings": SETTINGS.get(system, {}),
        "changed": (),
        "seed": 0,
        "guidance": 1.0 if system in GUIDED else None,
        "sampler": None if people else "dpm_solver_pp",
        "sampler_steps": None if people else 20,
        "variations": 100,
        "recognizability_all": mean(right - 10),
        "density": bell.tolist(),
        "grey": Interval(0.3, 0.28, 0.32),
        "parameters": None if people else 4_200_000,
        "training": {} if people else {"steps": {"model": 6000}, "seconds": 3500.0},
        "drawing": {} if people else {"precision": "fp32"},
        "recipes": {"samples": f"{system} drew", "scores": f"{system} scored"},
    }
    scores = {
        "diversity": ratio(raw, scale),
        "diversity_raw": mean(raw),
        "originality": ratio(far, scale),
        "recognizability": mean(right),
        "bins": bins.tolist(),
        "bands": np.stack([bins[:, 1] - 1, bins[:, 1] + 1], 1).tolist(),
    }
    by_concept = {"raw_diversity": raw, "distance": far, "scale": scale, "recognizability": right}
    ends = np.stack([bins[[0, -1]]] * CONCEPTS)
    by_concept |= {"bin_originality": ends[..., 0], "bin_recognizability": ends[..., 1]}
    per_concept = {name: values.tolist() for name, values in by_concept.items()}
    return Record(system=system, per_concept=per_concept, **fields | scores | changes)


def framework() -> list[Record]:
    """Return people, all systems at their published points, and a sweep of VAE-STN's beta."""
    found = [row(system, point) for system, point in POINTS.items()]
    for beta in (0.25, 4.0):
        point = (0.644 - 0.05 * np.log2(beta), 75 - 4 * np.log2(beta) ** 2)
        own = {"changed": ("settings.beta",), "settings": {"beta": beta}}
        marks = {"samples": f"beta {beta}", "scores": f"beta {beta} scored"}
        found.append(row("vae-stn", point, recipes=marks, **own))
    return found


def guidance() -> list[Record]:
    """Return people and two systems at three strengths, more recognizable the stronger."""
    found = [row(HUMAN, POINTS[HUMAN])]
    for system in GUIDED:
        for strength in (0.0, 1.0, 2.0):
            point = (0.5 - 0.1 * strength, 90 + 3 * strength)
            marks = {"samples": f"{system} {strength}", "scores": f"{system} {strength} scored"}
            other = {"guidance": strength, "changed": ("guidance",), "recipes": marks}
            own = strength == 1  # as the system draws by itself
            found.append(row(system, POINTS[system]) if own else row(system, point, **other))
    return found


def speed() -> list[Record]:
    """Return people and systems drawn in 10, 20 and 500 steps; ancestral sampling needs many."""
    found = [row(HUMAN, POINTS[HUMAN])]
    lossy = (("ddpm", 8.0), ("ddim", 4.0), ("dpm_solver_pp", 0.5))
    for system, (sampler, lost) in itertools.product(("cfgdm", "ldm"), lossy):
        for steps in (10, 20, 500):
            point = (0.36, 96.0 - lost * 10 / steps * (steps < 500))
            time = {"precision": "fp32", "milliseconds": 1.5 * steps, "device": "cpu (2 threads)"}
            name = f"{system} {sampler} {steps}"
            way = {"sampler": sampler, "sampler_steps": steps, "variations": 4, "drawing": time}
            way |= {"recipes": {"samples": name, "scores": f"{name} scored"}}
            way |= {"changed": ("sampler", "sampler_steps", "variations")}
            found.append(row(system, point, originality=0.4, **way))
    return found


def table(folder: Path, made: list[Record], kind: str = "spread") -> Table:
    """Write made-up records and drawings of systems, as `oneshot results` leaves them."""
    kept = [
        one if one.system == HUMAN else samples.keep(folder, one, kind, drawings(one))
        for one in made
    ]
    evaluations.add(kept, folder / evaluations.NAME)
    return Table(kept, [folder])


def drawings(one: Record, concepts: int = 12, count: int = 11, side: int = 48) -> Shown:
    """Return closed lines, one shape a concept, that bend the more the farther they go."""
    dice = np.random.default_rng(1)
    far = one.originality.value * np.linspace(0.6, 1.7, count)
    turn = np.linspace(0, 2 * np.pi, 300)
    pages = np.zeros((concepts, count, 1, side, side), np.uint8)
    waves = dice.normal(0, 0.14, (concepts, 1, 4))
    bent = waves + far[:, None] * dice.normal(0, 0.12, (concepts, count, 4))
    radius = 0.33 * side * (1 + bent @ np.cos(np.outer(np.arange(2, 6), turn)))
    place = np.stack([np.sin(turn), np.cos(turn)])[:, None, None] * radius + side / 2
    y, x = np.clip(place, 1, side - 3).astype(int)
    k, v = np.indices((concepts, count))[..., None]
    for down, right in ((0, 0), (0, 1), (1, 0)):
        pages[k, v, 0, y + down, x + right] = 255
    names = tuple(f"Alphabet_of_the_Magi.character{k:02}" for k in range(concepts))
    return Shown(pages, names, np.arange(concepts), np.tile(far, (concepts, 1)))


def figure(data: Path, side: int) -> np.ndarray:
    """Write the maps of a figure of two exemplars, "door" and "pizza", into a data folder.

    Returns the exemplars, the maps of people and those of the model, (3, 2, side, side).
    """
    pages = np.random.default_rng(0).random((3, 2, side, side)).astype(np.float32)
    arrays = dict(zip(("exemplar", "human", "cfgdm"), pages, strict=True))
    (data / "clickme").mkdir()
    names = np.array(["door", "pizza"])
    np.savez(data / "clickme" / ARRAYS, pixel_ok=pages[0] > 0, category=names, **arrays)
    return pages
