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

import torch
from IPython.display import Markdown
from PIL import Image
from torch import Tensor

from oneshot import store, systems
from oneshot.drawings.errors import DataError
from oneshot.drawings.reading import SIDE, read_drawing
from oneshot.recipes import presets
from oneshot.widgets import sheets
from oneshot.widgets.sketchpad import Judges

ENDINGS = (".png", ".svg", ".json")


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


def draw(
    exemplars: dict[str, Tensor],
    system: str = "ldm",
    dataset: str = "quickdraw",
    *,
    variations: int = 16,
    guidance: float | None = None,
    seed: int = 0,
    weights: str = "float32",
) -> list[Own]:
    """Return what a trained system makes of exemplars (1, 1, 48, 48), each alone.

    `weights` other than float32 are those of `export`: int8 are those that the book carries, so
    that the drawings are the ones of its pad. Raises ValueError for a system that is not trained
    here, and for settings that it cannot draw with.
    """
    recipe = systems.recipe(system, dataset)
    if store.default().find(recipe) is None:
        asked = f"{system} {presets.options(dataset, 'laptop')}"
        raise ValueError(f"{system} is not trained here; train it by `oneshot make {asked}`")
    model, device = store.get(recipe), store.default().device
    if weights != "float32":
        from oneshot.export import as_stored

        model = as_stored(model, SIDE, weights)
    guided = {} if guidance is None else {"guidance": guidance}
    judges, found = Judges.of(dataset), []
    for name, exemplar in exemplars.items():
        drawn = model.draw(exemplar.to(device), variations, seed=seed, concepts=[0], **guided)
        pages = drawn[0].float().cpu()
        found.append(Own(name, exemplar, pages, judges(pages, exemplar)))
    return found


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


def folder(path: str | Path) -> dict[str, Tensor]:
    """Return the exemplars (1, 1, 48, 48) of all drawings in a folder, by their names.

    Raises DataError for what is no drawing, and ValueError for a folder without files.
    """
    files = sorted(file for file in Path(path).expanduser().glob("[!.]*") if file.is_file())
    if not files:
        raise ValueError(f"{path} is no folder with drawings; save some from the pad into it")
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
        drawings = [one.to_json() | {"pages": _levels(one.variations)} for one in found]
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


def _levels(pages: Tensor) -> list:
    return (255 * pages[:, 0].clamp(0, 1)).round().to(torch.uint8).tolist()


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
