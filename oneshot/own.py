"""Drawings of one's own: read, varied by a model, judged, and written as a sheet or as files."""

import base64
import json
import re
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import torch
from IPython.display import Markdown
from PIL import Image
from torch import Tensor

from oneshot import store, systems
from oneshot.drawings.errors import DataError
from oneshot.drawings.raster import SIDE
from oneshot.drawings.reading import read_drawing
from oneshot.drawings.sources import resolved
from oneshot.evaluations import table as results
from oneshot.evaluations.record import Record
from oneshot.evaluations.samples import Shown
from oneshot.metrics import intervals
from oneshot.metrics.intervals import Interval
from oneshot.recipes import presets
from oneshot.recipes.base import Recipe
from oneshot.recipes.results import Drawn, quantise
from oneshot.recipes.rivals import UNHOUSED, judging
from oneshot.recipes.together import ANY
from oneshot.widgets import sheets
from oneshot.widgets.explorer import Dot, Explorer
from oneshot.widgets.sketchpad import Judges

ENDINGS = (".png", ".svg", ".json")
GROUPS = 10
"""Groups of variations, by originality, that make a generalization curve."""


@dataclass(frozen=True)
class Own:
    """One exemplar (1, 1, 48, 48), its variations (V, 1, 48, 48), all in [0, 1], and their scores.

    `scores` holds "originality", in units of human drawings, and "known", the chance to be known
    among twenty concepts, of each variation.
    """

    name: str
    exemplar: Tensor
    variations: Tensor
    scores: list[dict[str, float]]

    def mean(self, score: str) -> float:
        """Return the mean of a score over the variations."""
        return sum(one[score] for one in self.scores) / len(self.scores)

    def to_json(self) -> dict[str, Any]:
        """Return names, means and scores as JSON values."""
        means = {score: round(self.mean(score), 6) for score in ("originality", "known")}
        return {"name": self.name, **means, "variations": self.scores}


@dataclass(frozen=True)
class Marks:
    """What the critics say of the variations of some exemplars, as figures and tables take it.

    Originality is in units of human drawings, recognizability in percent; `bins` are the points of
    the generalization curve. Intervals are over exemplars, or over the variations of a single one.
    """

    guidance: float | None
    originality: Interval
    recognizability: Interval
    bins: list[list[float]]
    per_concept: dict[str, np.ndarray]

    @property
    def concepts(self) -> int:
        """The number of exemplars, or of variations of a single one."""
        return len(self.per_concept["scale"])

    def __getitem__(self, column: str) -> Any:
        return getattr(self, column)

    @classmethod
    def of(cls, found: Sequence[Own], guidance: float | None = None) -> "Marks":
        """Return those of variations, as many of each exemplar."""
        far, known = (
            np.array([[one[score] for one in own.scores] for own in found])
            for score in ("originality", "known")
        )
        first, second = (v.mean(1) if len(found) > 1 else v[0] for v in (far, 100 * known))
        least = len(first)
        spread = intervals.mean if least > 1 else lambda v: Interval(*3 * [float(v[0])])
        order = far.argsort(axis=1, kind="stable")
        pairs = (np.take_along_axis(v, order, axis=1).mean(0) for v in (far, 100 * known))
        groups = zip(*(np.array_split(v, min(GROUPS, len(v))) for v in pairs), strict=True)
        bins = [[float(one.mean()) for one in group] for group in groups]
        each = {"distance": first, "scale": np.ones(least), "recognizability": second}
        return cls(guidance, spread(first), spread(second), bins, each)


@dataclass(frozen=True)
class GuidanceSweep:
    """Variations of some exemplars at several strengths of guidance, beside people.

    `human` is the row of the table of people on test concepts, None where there is none; `pages`
    are the drawings by the `system` at each strength.
    """

    system: str
    models: list[Marks]
    human: Record | None
    pages: list[Shown]


def draw(
    exemplars: dict[str, Tensor],
    system: str = "ldm",
    dataset: str = "",
    *,
    variations: int = 16,
    guidance: float | None = None,
    steps: int | None = None,
    seed: int = 0,
    weights: str = "float32",
    size: str = "laptop",
) -> list[Own]:
    """Return what a trained system makes of exemplars (1, 1, 48, 48), each alone.

    `dataset` is what it learned, as `usual_dataset` says unless given. `weights` other than float32
    are those of `export`: int8 are those that the book carries, so that drawings and scores are the
    ones of its pad. Raises ValueError for a system that is not trained here, and for settings that
    it cannot draw with.
    """
    dataset = dataset or usual_dataset(system)
    recipe = systems.recipe(system, dataset, size)
    if steps is not None and "steps" not in getattr(recipe, "drawing", {}):
        raise ValueError(f"{system} draws at once: leave out the steps")
    asked = f"{system} {presets.options(dataset, size)}"
    model, device = trained(recipe, asked), store.default().device
    if weights != "float32":
        from oneshot.export import as_stored

        model = as_stored(model, SIDE, weights)
    asked_for = {"guidance": guidance, "steps": steps}
    options = {name: value for name, value in asked_for.items() if value is not None}
    found = {}
    for name, exemplar in exemplars.items():
        drawn = model.draw(exemplar.to(device), variations, seed=seed, concepts=[0], **options)
        found[name] = drawn[0].float().cpu()
    return judged(exemplars, found, dataset, size, weights)


def usual_dataset(system: str) -> str:
    """Return what a system learned that is to vary any drawing: all data sets, where one did.

    VAE-Elastic has not learned the first edition of Quick, Draw!.
    """
    return {"ldm": ANY, "vae-elastic": "omniglot"}.get(system, UNHOUSED)


def judged(
    exemplars: dict[str, Tensor],
    drawn: dict[str, Tensor],
    dataset: str,
    size: str = "laptop",
    weights: str = "float32",
) -> list[Own]:
    """Return variations (V, 1, 48, 48) with what the critics of a data set say of them."""
    judges = Judges.of(dataset, size, weights)
    return [Own(name, exemplars[name], p, judges(p, exemplars[name])) for name, p in drawn.items()]


def trained(recipe: Recipe, asked: str) -> Any:
    """Return what a recipe makes; raise ValueError when it is not there, for it is not made now.

    `asked` are the words after `oneshot make`.
    """
    if store.default().find(recipe) is None:
        name = asked.split()[0]
        raise ValueError(f"{name} is not trained here; train it by `oneshot make {asked}`")
    return store.get(recipe)


def guidance_sweep(
    exemplars: dict[str, Tensor],
    guidance: Sequence[float],
    system: str,
    dataset: str,
    size: str = "laptop",
    *,
    seed: int = 0,
) -> GuidanceSweep:
    """Return 19 variations of each exemplar at each strength of guidance, from one noise.

    Raises ValueError as `draw` does.
    """
    where = {"variations": 19, "seed": seed, "size": size}
    marks, pages = [], []
    for strength in guidance:
        found = draw(exemplars, system, dataset, guidance=strength, **where)
        marks.append(Marks.of(found, strength))
        drawn = torch.stack([one.variations for one in found])
        pages.append(Shown(quantise(drawn).numpy(), tuple(exemplars), np.zeros(len(found), int)))
    return GuidanceSweep(system, marks, people(dataset, size), pages)


def drawn(exemplars: dict[str, Tensor]) -> Drawn:
    """Return exemplars as pages take those of people, with no other drawing of each."""
    pages = torch.cat(list(exemplars.values()))
    none = np.zeros((len(pages), 0, *pages.shape[1:]), np.uint8)
    return Drawn(none, pages, np.zeros(len(pages), int), tuple(exemplars))


def explorer(found: GuidanceSweep, exemplars: dict[str, Tensor]) -> Explorer:
    """Return strengths of guidance as dots on one plane, and what was drawn at each of them."""
    who, (colour, _) = systems.label(found.system), systems.looks(found.system)
    dots = []
    for one, shown in zip(found.models, found.pages, strict=True):
        at, strength = (one.originality.value, one.recognizability.value), f"{one.guidance:g}"
        told = f"{who}, guidance {strength}: originality {at[0]:.2f}, known {at[1]:.0f}\u00a0%"
        dots.append(Dot(who, at, shown.drawings, told, strength, colour, np.array(one.bins)))
    options: dict[str, Any] = {"x": "originality", "called": "guidance γ", "name": "gamma"}
    if (human := found.human) is not None:
        options["human"] = (human.originality.value, human.recognizability.value)
        options["reference"] = np.array(human.bins)
    pages = quantise(torch.cat(list(exemplars.values()))).numpy()
    return Explorer(dots, list(exemplars), pages, **options, start=(len(dots) // 2, 0))


def people(dataset: str, size: str = "laptop") -> Record | None:
    """Return the row of the table of people on the test concepts of a data set, if there is one."""
    where = {"size": presets.judged(size), "split": "category", "critics": "own"}
    return results.read().where(dataset=resolved(judging(dataset)), **where).human


def read(sources: Sequence[str]) -> dict[str, Tensor]:
    """Return the exemplars (1, 1, 48, 48) of files by their names; "-" is standard input.

    Raises DataError for what is no drawing.
    """
    found: dict[str, Tensor] = {}
    for source in sources:
        name = "standard input" if source == "-" else Path(source).stem
        while name in found:
            name += "'"
        found[name] = _from_input() if source == "-" else read_drawing(source)
    return found


def exemplars(path: str | Path, least: int = 1) -> dict[str, Tensor]:
    """Return the exemplars (1, 1, 48, 48) of a file, or of all files of a folder, by their names.

    Raises DataError for what is no drawing, and ValueError for fewer than `least`.
    """
    path = Path(path).expanduser()
    inside = path.glob("[!.]*") if path.is_dir() else [path]
    files = sorted(file for file in inside if file.is_file())
    if len(files) < least:
        there = f"{len(files) or 'no'} drawing{'s' * (len(files) != 1)}"
        raise ValueError(
            f"{path} holds {there}, and this takes {least} or more: save some from the pad "
            "into a folder"
        )
    return read([str(file) for file in files])


def write(found: Sequence[Own], target: Path, about: dict[str, Any]) -> list[Path]:
    """Write drawings as a sheet (.png, .svg), as numbers (.json), or each as a file in a folder.

    Returns the files. Raises ValueError for a name that ends otherwise.
    """
    ending = target.suffix.lower()
    if ending and ending not in ENDINGS:
        raise ValueError(f"{target} ends in {ending}: name a folder, or .png, .svg or .json")
    if not ending:
        return _folder(found, target)
    target.parent.mkdir(parents=True, exist_ok=True)
    if ending == ".png":
        sheet(found).save(target)
    elif ending == ".svg":
        target.write_text(_svg(found))
    else:
        drawings = [
            one.to_json() | {"pages": quantise(one.variations[:, 0]).tolist()} for one in found
        ]
        target.write_text(json.dumps(about | {"drawings": drawings}))
    return [target]


def table(found: Sequence[Own]) -> Markdown:
    """Return a table of mean originality and mean chance to be known, drawing by drawing."""
    head = "| drawing | originality | known among twenty |\n|---|---|---|\n"
    rows = [f"| {o.name} | {o.mean('originality'):.2f} | {o.mean('known'):.0%} |" for o in found]
    return Markdown(head + "\n".join(rows))


def sheet(found: Sequence[Own]) -> Image.Image:
    """Return the drawings on one image, each row after its exemplar, which is framed."""
    return sheets.grid(
        torch.stack([one.variations for one in found]),
        torch.cat([one.exemplar for one in found]),
        scale=2,
        gap=3,
    )


def _folder(found: Sequence[Own], target: Path) -> list[Path]:
    target.mkdir(parents=True, exist_ok=True)
    files = []
    for one in found:
        stem = re.sub(r"[^\w.-]+", "-", one.name)
        for number, page in enumerate(one.variations, 1):
            files.append(target / f"{stem}-{number:02}.png")
            _page(page).save(files[-1])
    return files


def _page(page: Tensor) -> Image.Image:
    """Return a drawing (1, H, W) as ink on white."""
    return Image.fromarray((255 - 255 * page[0].clamp(0, 1)).round().to(torch.uint8).numpy())


def _svg(found: Sequence[Own]) -> str:
    """Return a sheet on which each drawing is a picture of its own, with its scores as title."""
    step, parts = SIDE + 4, []
    for row, one in enumerate(found):
        told = [f"originality {s['originality']:.2f}, known {s['known']:.0%}" for s in one.scores]
        pages = [*one.exemplar, *one.variations]
        for column, (page, title) in enumerate(zip(pages, ["exemplar", *told], strict=True)):
            data = base64.b64encode(sheets.png(_page(page))).decode()
            parts.append(
                f'<image x="{column * step}" y="{row * step}" width="{SIDE}" height="{SIDE}" '
                f'href="data:image/png;base64,{data}">'
                f"<title>{escape(one.name)}: {title}</title></image>"
            )
    width = step * (1 + max(len(one.variations) for one in found))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {step * len(found)}">'
    return head + "".join(parts) + "</svg>\n"


def _from_input() -> Tensor:
    """Read one drawing of any kind from standard input."""
    data = sys.stdin.buffer.read()
    start = data.lstrip()[:1]
    ending = {b"{": ".json", b"[": ".json", b"<": ".svg", b"\x93": ".npy"}.get(start, ".png")
    with tempfile.TemporaryDirectory() as work:
        file = Path(work, f"input{ending}")
        file.write_bytes(data)
        try:
            return read_drawing(file)
        except DataError as error:
            raise DataError(str(error).replace(str(file), "standard input")) from None
