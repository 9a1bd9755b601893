"""A made-up table of results in which each family moves along a curve of its own."""

from pathlib import Path

import numpy as np

from oneshot import results
from oneshot.metrics.intervals import Interval, mean, ratio
from oneshot.recipes import Drawn
from oneshot.results import HUMAN, Results, Row

CONCEPTS = 24
PARTS = {HUMAN: {}, "pixels": {"diffusion": 2250}}


def row(regularizers=None, control="", point=(0.5, 80.0), seed=0) -> Row:
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
    return Row(
        dataset="glyphs",
        preset="laptop",
        split="category",
        regularizers=regularizers or {},
        control=control,
        seed=seed,
        guidance=None if control == HUMAN else 1.0,
        **scores,
        distance_to_human=None,
        validation={"originality": point[0], "recognizability": point[1]},
        bins=[],
        probes=probes if latent else {},
        reconstruction={"error": Interval(20.0, 19.0, 21.0)} if latent else {},
        steps=steps,
        seconds=3600.0,
        per_concept={name: values.tolist() for name, values in per_concept.items()},
        recipes={"samples": f"{regularizers}{control}{seed}"},
    )


def table() -> list[Row]:
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


def made_up(folder: Path) -> Results:
    """Return that table, with drawings kept of every run: discs that grow with the row."""
    file, rows = folder / "table.json", table()
    y, x = np.mgrid[:16, :16] - 8
    for number, one in enumerate(rows):
        disc = (np.hypot(x, y) < 2 + number / 8) * np.uint8(255)
        pages = np.broadcast_to(disc, (6, 12, 1, 16, 16))
        names = tuple(f"concept {k}" for k in range(6))
        results.save_drawings(file, one, Drawn(pages, None, np.arange(6), names))
    return Results(file, "glyphs", "laptop", tuple(rows))
