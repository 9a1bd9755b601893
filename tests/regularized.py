"""A made-up table of results in which each family moves along a curve of its own."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from oneshot.evaluations import samples
from oneshot.evaluations import table as evaluations
from oneshot.evaluations.evaluate import regularized
from oneshot.evaluations.record import HUMAN, Record
from oneshot.evaluations.samples import Shown
from oneshot.evaluations.table import Table
from oneshot.metrics.intervals import Interval, mean, ratio

CONCEPTS = 24
PARTS = {HUMAN: {}, "pixels": {"model": 2250}}


def row(regularizers=None, control="", point=(0.5, 80.0), seed=0) -> Record:
    """Return a row whose scores over concepts have `point` as their means."""
    dice = np.random.default_rng([seed, int(1000 * point[0]), int(10 * point[1])])
    right = point[1] + dice.normal(0, 4, CONCEPTS)
    far = 3 * (point[0] + dice.normal(0, 0.04, CONCEPTS))
    scale = np.full(CONCEPTS, 3.0)
    scores = {
        "diversity": ratio(far, scale),
        "originality": ratio(far, scale),
        "recognizability": mean(right),
        "recognizability_all": mean(right),
    }
    per_concept = {"recognizability": right, "distance": far, "scale": scale, "raw_diversity": far}
    known = {"linear": 60.0, "one_shot": 50 + 40 * point[0], "effective_rank": 20.0}
    known |= {"excess_kurtosis": 0.1, "within": 0.4}
    probes = {name: Interval(value, value - 0.1, value + 0.1) for name, value in known.items()}
    steps = PARTS.get(control, {"autoencoder": 2000, "diffusion": 1500})
    latent = "autoencoder" in steps
    people, pixels = control == HUMAN, control == "pixels"
    settings = {"regularizer": control} if control else regularized(regularizers or {})
    name = f"{regularizers}{control}{seed}"
    way = {"sampler": "ddim", "sampler_steps": 16, "guidance": 1.0}
    return Record(
        dataset="glyphs",
        size="laptop",
        split="category",
        critics="own",
        system=HUMAN if people else "cfgdm" if pixels else "ldm",
        settings={} if people or pixels else settings,
        variations=40,
        seed=seed,
        changed=(),
        **(dict.fromkeys(way) if people else way),
        **scores,
        diversity_raw=None,
        validation={"originality": point[0], "recognizability": point[1]},
        bins=[],
        probes=probes if latent else {},
        reconstruction={"error": Interval(20.0, 19.0, 21.0)} if latent else {},
        training={} if people else {"steps": steps, "seconds": 3600.0},
        per_concept={name: values.tolist() for name, values in per_concept.items()},
        recipes={"samples": name, "scores": f"{name} scored"},
    )


def runs() -> list[Record]:
    """Return humans, controls, all regularizers at five betas, and a combination at three."""
    rows = [row(control=HUMAN, point=(0.61, 97.5)), row(control="none", point=(0.75, 70.0))]
    rows.append(row(control="augmentation", point=(0.72, 72.0)))
    rows.append(row(control="pixels", point=(0.8, 64.0)))
    heights = {"kl": 4, "vq": 8, "classification": 12, "prototype": 22, "simclr": 15, "barlow": 18}
    for name, height in heights.items():
        for place, beta in enumerate(np.geomspace(0.1, 1000, 5)):
            u = place / 4
            point = (0.76 - 0.25 * u, 70 + 4 * height * u * (1.2 - u))
            rows.append(row({name: float(beta)}, point=point))
    for place, beta in enumerate((1.0, 30.0, 300.0)):
        rows.append(
            row({"barlow": 30.0, "prototype": beta}, point=(0.66 - 0.03 * place, 93 + place))
        )
    return rows


def table(folder: Path, **changes) -> Table:
    """Write those runs, with drawings kept of every one: discs that grow with the run."""
    made = [replace(one, **changes) for one in runs()]
    y, x = np.mgrid[:16, :16] - 8
    for number, one in enumerate(made):
        disc = (np.hypot(x, y) < 2 + number / 8) * np.uint8(255)
        pages = np.broadcast_to(disc, (6, 10, 1, 16, 16))
        shown = Shown(pages, tuple(f"concept {k}" for k in range(6)), np.arange(6))
        if one.system != HUMAN:
            made[number] = samples.keep(folder, one, "sheet", shown)
    evaluations.add(made, folder / evaluations.NAME)
    return Table(made, [folder])
