"""Importance maps on a page: laid over the drawings, and how they agree with people's."""

from collections.abc import Mapping, Sequence

import numpy as np
from IPython.display import HTML, Markdown
from numpy.typing import ArrayLike
from PIL import Image

from oneshot import systems
from oneshot.attribution.agreement import (
    NULL,
    Comparison,
    Row,
    beside_null,
    near_ink,
    spearman,
    stars,
)
from oneshot.metrics.intervals import Interval
from oneshot.metrics.paired import signed
from oneshot.widgets.sheets import ACCENT, GAP, INK, PAPER, Sheet, label
from oneshot.widgets.tables import cell, grid

FLAT = 0.9
"""A map more of whose pixels than this are above half of its maximum tells places hardly apart."""
_HEATS, _INKS = 30, 6
_HEAT = np.linspace(PAPER, ACCENT, _HEATS)[:, None]
_SHADE = np.linspace(0, 0.6, _INKS)[None, :, None]  # the map shows through the ink
_PALETTE = np.vstack([(_HEAT + (np.array(INK) - _HEAT) * _SHADE).reshape(-1, 3), GAP])


def stretched(maps: ArrayLike) -> np.ndarray:
    """Return the sizes of maps (..., H, W), each stretched to [0, 1].

    The top hundredth of its pixels is cut off, as it seems to have been in the published figures.
    """
    maps = np.abs(np.asarray(maps, dtype=float))
    low = maps.min((-2, -1), keepdims=True)
    high = np.quantile(maps, 0.99, axis=(-2, -1), keepdims=True)
    return np.clip((maps - low) / np.maximum(high - low, 1e-12), 0, 1)


def overlay(maps: ArrayLike, exemplars: ArrayLike, *, scale: int = 2) -> Image.Image:
    """Return maps (R, C, H, W) under the thin ink of exemplars, R rows of C tiles.

    `exemplars` are (C, 1, H, W), the same in all rows, or (R, C, 1, H, W). Each map is stretched by
    itself. All such images share one palette.
    """
    heat = np.rint(stretched(maps) * (_HEATS - 1)).astype(np.uint8)
    pages = np.clip(np.asarray(exemplars)[..., 0, :, :], 0, 1)
    ink = np.rint(pages * (_INKS - 1)).astype(np.uint8)
    tiles = (heat * _INKS + ink).repeat(scale, axis=-1).repeat(scale, axis=-2)
    framed = np.pad(tiles, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=_HEATS * _INKS)
    rows, columns, height, width = framed.shape
    sheet = framed.transpose(0, 2, 1, 3).reshape(rows * height, columns * width)
    image = Image.fromarray(sheet, mode="P")
    image.putpalette(_PALETTE.round().astype(np.uint8).tobytes())
    return image


def frame(maps: ArrayLike, exemplars: ArrayLike, columns: int = 4) -> Image.Image:
    """Return maps (C, H, W) under exemplars (C, 1, H, W), `columns` to a row, for a slider.

    The last row is filled up with blank paper.
    """
    maps, exemplars = (np.asarray(pages, dtype=float) for pages in (maps, exemplars))
    blank = -len(maps) % columns
    rows = [
        np.concatenate([pages, np.zeros((blank, *pages.shape[1:]))]).reshape(
            -1, columns, *pages.shape[1:]
        )
        for pages in (maps, exemplars)
    ]
    return overlay(*rows)


def overlays(
    maps: Mapping[str, ArrayLike], exemplars: ArrayLike, names: Sequence[str] = ()
) -> Sheet:
    """Return a figure of maps (C, H, W) by name, a row each, over exemplars (C, 1, H, W).

    *Latent Representation Matters* (NeurIPS 2024), fig. 5a.
    """
    image = overlay(np.stack([np.asarray(page) for page in maps.values()]), exemplars, scale=3)
    left, top = 11 * max(map(len, maps)) + 14, 24 * bool(names)
    size = np.array([left + image.width, top + image.height])
    figure = Sheet(figsize=size / 144, dpi=144)
    axes = figure.add_axes((left / size[0], 0, image.width / size[0], image.height / size[1]))
    axes.imshow(np.asarray(image.convert("RGB")), interpolation="nearest", aspect="auto")
    axes.set_axis_off()
    for row, name in enumerate(maps):
        middle = (row + 0.5) * image.height / len(maps)
        axes.text(-12, middle, name, ha="right", va="center", fontsize=8, color="0.3")
    for column, name in enumerate(names):
        middle = (column + 0.5) * image.width / len(names)
        short = label(name, 15)
        axes.text(middle, -6, short, ha="center", va="bottom", fontsize=7, color="0.3")
    figure.patch.set_facecolor("white")
    return figure


def among(maps: Mapping[str, ArrayLike], exemplars: ArrayLike) -> HTML:
    """Return how maps (C, H, W) agree with each other within 1 px of ink, means over concepts."""
    near = near_ink(exemplars)
    sizes = {name: np.abs(np.asarray(page)) for name, page in maps.items()}
    rows = {
        name: [f"{spearman(first, second, near).mean():.2f}" for second in sizes.values()]
        for name, first in sizes.items()
    }
    return grid(list(sizes), rows, wrapped=True)


def table(rows: Sequence[Row]) -> HTML:
    """Return rows of the same comparison as a table; small numbers are 95 % intervals.

    The first line is people's own maps, the second blurred ink, the null. "beyond null" is the
    difference to it on the ink, with stars as in `bars`.
    """
    first = rows[0]
    lines = {
        "human": ["", "", "", cell(first.human_share)],
        NULL: [cell(first.null_all), cell(first.null_ink), "", ""],
    }
    for row, p in zip(rows, beside_null(rows, "ink"), strict=True):
        lines[row_label(row)] = [
            cell(row.spearman_all),
            cell(row.spearman_ink),
            cell(row.ink_beyond_null) + f" {stars(p)}".rstrip(),
            cell(row.share_above_half),
        ]
    return grid(["all pixels", "on ink", "beyond null", "above half"], lines, wrapped=True)


def pairs(found: Sequence[Comparison]) -> HTML:
    """Return p-values of all pairs of systems as a table, corrected for all of them.

    An arrow beside one below 0.05 says whether the system of the line is above (↑) or below (↓)
    that of the column. *Latent Representation Matters* (NeurIPS 2024), table 2, whose tests are
    one-sided and not corrected.
    """
    names = list(dict.fromkeys(name for pair in found for name in (pair.first, pair.second)))
    cells = {(name, name): "" for name in names}
    for pair in found:
        p = "&lt;&nbsp;0.001" if pair.p_holm < 1e-3 else f"{pair.p_holm:.3f}"
        up = pair.effect > 0
        for one, other, above in ((pair.first, pair.second, up), (pair.second, pair.first, not up)):
            mark = ("&nbsp;↑" if above else "&nbsp;↓") if _differ(pair) else ""
            cells[one, other] = p + mark
    rows = {system_label(one): [cells[one, other] for other in names] for one in names}
    return grid([system_label(name) for name in names], rows, wrapped=True)


def separations(found: Sequence[Comparison]) -> Markdown:
    """Return which pairs of systems differ, each with the difference and its 95 % interval."""
    clear = [pair for pair in found if _differ(pair)]
    count = "1 differs" if len(clear) == 1 else f"{len(clear) or 'none'} differ"
    told = [f"Of {len(found)} pairs {count} (corrected p below 0.05){':' if clear else '.'}", ""]
    for pair in clear:
        swap = pair.effect < 0
        above, below = (pair.second, pair.first) if swap else (pair.first, pair.second)
        gap = pair.difference
        gap = Interval(-gap.value, -gap.high, -gap.low) if swap else gap
        told.append(f"- {system_label(above)} above {system_label(below)} by {signed(gap)}")
    return Markdown("\n".join(told).rstrip())


def verdict(rows: Sequence[Row]) -> Markdown:
    """Return sentences that say which maps are shown to agree with people more than blurred ink.

    They are about the ink. A map that is above half of its maximum nearly everywhere is pointed at.
    """
    loud = [row_label(row) for row in rows if row.beats_null]
    less = [row_label(row) for row in rows if row.ink_beyond_null.high < 0]
    quiet = [row_label(row) for row in rows if not row.beats_null and row_label(row) not in less]
    first = rows[0]
    said = [f"Human maps: {first.human}; {first.concepts} exemplars of `{first.dataset}`."]
    if blur := max(row.blur for row in rows):
        said[0] += f" Maps were blurred by {blur:g} px, as people's clicks are."
    said[0] += " On the ink, beside blurred ink:"
    groups = {"more like people's": loud, "**not shown to be more like people's**": quiet}
    groups["**less like people's**, with the whole interval"] = less
    said += ["", *(f"- {told}: {'; '.join(names)}." for told, names in groups.items() if names)]
    said += [f"- {_flat(row)}" for row in rows if row.share_above_half.low > FLAT]
    return Markdown("\n".join(said))


def sparser(rows: Sequence[Row]) -> Markdown:
    """Return a sentence that says whose maps are spread wider than people's."""
    people = rows[0].human_share
    spread = [row_label(row) for row in rows if row.share_above_half.low > people.high]
    sparse = [row_label(row) for row in rows if row.share_above_half.high < people.low]
    said = [f"Of people's maps {people.value:.0%} is above half of the maximum."]
    said += [f"Spread wider than that: {'; '.join(spread)}."] if spread else []
    said += [f"Sparser: {'; '.join(sparse)}."] if sparse else []
    return Markdown(" ".join(said))


def elsewhere(dataset: str, rows: Sequence[Row]) -> Markdown:
    """Return the sentences of a page on a data set without human maps, before shipped `rows`."""
    said = f"People have made no maps of the drawings of `{dataset}`; the game below makes some. "
    if rows:
        said += (
            f"What follows was measured on {rows[0].concepts} exemplars of `{rows[0].dataset}`, "
            f"whose human maps were {rows[0].human}."
        )
    return Markdown(said)


def _flat(row: Row) -> str:
    share = row.share_above_half
    said = (
        f"Maps of {row_label(row)} are nearly flat: {share.value:.0%} of their pixels "
        f"[{share.low:.0%}, {share.high:.0%}] are above half of the maximum, so that their ranks "
        "rest on small differences."
    )
    if row.kind == "guided":
        said += " A guided prediction on pixels estimates noise, which covers paper and ink alike."
    return said


def _differ(pair: Comparison) -> bool:
    return pair.p_holm < 0.05


def trained(rows: Sequence[Row], size: str) -> Markdown:
    """Return a sentence on which models of a size the `rows` are of, or that there are none."""
    if not rows:
        return Markdown(
            f"*No maps of regularized models of size {size} have been compared with people's yet.*"
        )
    first = rows[0]
    return Markdown(
        f"{len(rows)} models of size {first.preset}, each trained once, on `{first.dataset}`; "
        f"reading {first.kind}; {first.concepts} exemplars, whose human maps were {first.human}."
    )


def row_label(row: Row) -> str:
    """Return a system and what is read off it, as a figure calls it."""
    return f"{system_label(row.system)} ({row.kind})"


def system_label(system: str) -> str:
    """Return a system or regularizers as a person would write them: "barlow 30 + prototype 30"."""
    name, comma, rest = system.partition(", ")
    return systems.label(name).replace(":", " ").replace("+", " + ") + comma + rest
