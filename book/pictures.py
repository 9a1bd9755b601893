"""Make the picture of the README: `python book/pictures.py` writes book/assets/one-shot.png.

It is drawn by the shipped models. Their concepts are test concepts, evenly spaced in alphabetical
order, so that nobody picks them. Exemplars of Omniglot and Quick, Draw! may not be shown here: the
name of the concept stands in their place. To draw from them the data are needed; what is not on
this machine is left out of the picture, and the script says so.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from oneshot import store
from oneshot.drawings.errors import DataError
from oneshot.drawings.sources import root, source
from oneshot.recipes import presets
from oneshot.widgets import sheets

PATH = Path(__file__).parent / "assets" / "one-shot.png"
SETS = ("glyphs", "omniglot", "quickdraw")
ROWS, VARIATIONS, GUIDANCE, SEED = 3, 8, 1.0, 0
SCALE, GAP, MARGIN, HEAD = 2, 3, 22, 46
QUIET = (96, 94, 86)


def main() -> int:
    """Write the picture and say what is in it; return 1 when nothing could be drawn."""
    blocks = []
    for dataset in SETS:
        try:
            blocks.append(block(dataset, source(dataset).label))
        except (DataError, LookupError) as error:
            print(f"left out {dataset}: {error}", file=sys.stderr)
    if not blocks:
        return 1
    width = max(image.width for image in blocks) + 2 * MARGIN
    page = Image.new("RGB", (width, sum(image.height for image in blocks) + MARGIN), sheets.PAPER)
    top = 0
    for image in blocks:
        page.paste(image, (MARGIN, top))
        top += image.height
    page.quantize(64, dither=Image.Dither.NONE).save(PATH, optimize=True)
    print(f"{PATH}: {page.width} x {page.height}, {PATH.stat().st_size / 1000:.0f} kB")
    return 0


def block(dataset: str, title: str) -> Image.Image:
    """Return the rows of one data set under its title.

    Raises DataError when its drawings are not on this machine and LookupError when its model is not
    there, because a picture should not train one.
    """
    shown = source(dataset).name == "glyphs"
    if not shown:
        source(dataset).names(root(dataset))
    recipe = presets.latent_diffusion(dataset)
    if store.default().find(recipe) is None:
        raise LookupError(f"no trained model; make it by `oneshot make ldm --dataset {dataset}`")
    concepts = store.get(recipe.concepts)
    test = concepts.of("test")
    chosen = [int(k) for k in test[np.linspace(0, len(test) - 1, ROWS).astype(int)]]
    exemplars = concepts.exemplar_images(chosen)
    drawings = store.get(recipe).draw(
        exemplars.to(store.default().device),
        VARIATIONS,
        guidance=GUIDANCE,
        seed=SEED,
        concepts=chosen,
    )
    rows = sheets.grid(drawings, exemplars * shown, scale=SCALE, gap=GAP).convert("RGB")
    if not shown:
        _names(rows, [sheets.label(concepts.names[k]) for k in chosen])
    first = "the one drawing it was shown" if shown else "the name of what it was shown"
    return _titled(rows, title, f"{first}, and {VARIATIONS} drawings by the model")


def _names(rows: Image.Image, names: list[str]) -> None:
    """Write the names of concepts where their exemplars would be."""
    pen, font = ImageDraw.Draw(rows), ImageFont.load_default(15)
    side = rows.height / len(names)
    for number, name in enumerate(names):
        words = "\n".join(name.split())
        middle = (side / 2, (number + 0.5) * side)
        pen.multiline_text(middle, words, sheets.INK, font, "mm", spacing=3, align="center")


def _titled(rows: Image.Image, title: str, told: str) -> Image.Image:
    image = Image.new("RGB", (rows.width, rows.height + HEAD), sheets.PAPER)
    image.paste(rows, (0, HEAD))
    pen = ImageDraw.Draw(image)
    pen.text((0, HEAD - 12), title, sheets.INK, ImageFont.load_default(19), "ls")
    pen.text((rows.width, HEAD - 12), told, QUIET, ImageFont.load_default(15), "rs")
    return image


if __name__ == "__main__":
    sys.exit(main())
