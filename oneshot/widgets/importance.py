"""Importance maps on a page: laid over the drawings, and how they agree with people's."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
from IPython.display import HTML, Markdown
from numpy.typing import ArrayLike
from PIL import Image

from oneshot.attribution.agreement import (
    Agreement,
    Comparison,
    near_ink,
    pairwise,
    spearman,
)
from oneshot.attribution.people import People
from oneshot.metrics import intervals
from oneshot.metrics.intervals import Interval
from oneshot.widgets.figures import HUMAN, MODEL, Plot, _plot, _reach
from oneshot.widgets.sheets import ACCENT, GAP, INK, PAPER, Sheet

NULL = "blurred ink"
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
    style = {"fontsize": 8, "color": "0.3"}
    for row, name in enumerate(maps):
        middle = (row + 0.5) * image.height / len(maps)
        axes.text(-12, middle, name, ha="right", va="center", **style)
    for column, name in enumerate(names):
        middle = (column + 0.5) * image.width / len(names)
        short = name if len(name) < 16 else f"{name[:14]}…"
        axes.text(middle, -6, short, ha="center", va="bottom", **style | {"fontsize": 7})
    figure.patch.set_facecolor("white")
    return figure


def bars(scores: Mapping[str, Agreement], people: People) -> Plot:
    """Return rank correlations with human maps, over all pixels and on ink, with 95 % intervals.

    `scores` holds the null, called "blurred ink", drawn as a line with its band. Stars say how
    clearly a system differs from it (Wilcoxon signed-rank, Holm over all pairs): three below 0.001,
    one below 0.05. The dashed line is the ceiling that people's own consistency sets, if known.
    *Latent Representation Matters* (NeurIPS 2024), fig. 5b.
    """
    systems = [name for name in scores if name != NULL]
    with _plot(7.4, 1.1 + 0.32 * len(systems), panels=2) as (figure, panels):
        for axes, where in zip(panels, ("all", "ink"), strict=True):
            values = {name: getattr(score, where) for name, score in scores.items()}
            stars = {_other(c): c.stars for c in pairwise(values) if NULL in (c.first, c.second)}
            _bars(axes, {name: intervals.mean(values[name]) for name in systems}, stars)
            null = intervals.mean(values[NULL])
            axes.axvline(null.value, color=HUMAN, linewidth=1, label=NULL)
            axes.axvspan(null.low, null.high, color=HUMAN, alpha=0.1, linewidth=0)
            axes.set(xlabel={"all": "all pixels", "ink": "within 1 px of ink"}[where])
        if people.consistency:
            panels[0].axvline(
                people.consistency.ceiling.value, color=HUMAN, linestyle="--", label="ceiling"
            )
        panels[1].set_yticklabels([])
        figure.suptitle("Spearman correlation with human maps", fontsize=9.5, x=0.01, ha="left")
        figure.legend(
            *panels[0].get_legend_handles_labels(), fontsize=8, loc="upper right", ncols=2
        )
    return figure


def sparsity(shares: Mapping[str, ArrayLike]) -> Plot:
    """Return the share of pixels above half of a map's maximum, (C,) by name, one dot a concept."""
    with _plot(6.4, 0.8 + 0.3 * len(shares)) as (figure, (axes,)):
        for place, (name, values) in enumerate(shares.items()):
            values = np.asarray(values)
            colour = HUMAN if name == "human" else MODEL
            spread = np.linspace(-0.22, 0.22, len(values))
            axes.plot(values, place + spread, ".", color=colour, alpha=0.45, markersize=4)
            mean = intervals.mean(values)
            axes.errorbar(mean.value, place, xerr=_reach(mean), fmt="D", color=colour, zorder=4)
        _name_rows(axes, list(shares))
        axes.set(xlabel="share of pixels above half of the maximum", xlim=(0, None))
    return figure


def among(maps: Mapping[str, ArrayLike], exemplars: ArrayLike) -> HTML:
    """Return how maps (C, H, W) agree with each other within 1 px of ink, means over concepts."""
    near = near_ink(exemplars)
    sizes = {name: np.abs(np.asarray(page)) for name, page in maps.items()}
    rows = {
        name: [f"{spearman(first, second, near).mean():.2f}" for second in sizes.values()]
        for name, first in sizes.items()
    }
    return _grid(list(sizes), rows)


def table(rows: Sequence[dict]) -> HTML:
    """Return rows of `attribution.agreement.row`, all of the same exemplars, as a table.

    The first line is the null; small numbers are 95 % intervals.
    """
    keys = {
        "spearman_all": "all pixels",
        "spearman_ink": "on ink",
        "ink_beyond_null": "on ink, beyond blurred ink",
    }
    null = rows[0]
    lines = {NULL: [_cell(null, "null_all"), _cell(null, "null_ink"), "", "", ""]}
    for row in rows:
        cells = [_cell(row, key) for key in keys]
        cells += [f"{row['p_ink']:.2g}", f"{row['share_above_half']:.3f}"]
        lines[f"{row['system']}, {row['kind']}"] = cells
    return _grid([*keys.values(), "p on ink", "above half"], lines)


def verdict(rows: Sequence[dict], people: People) -> Markdown:
    """Return sentences that say which maps tell more than blurred ink does, and which do not."""
    loud = [f"{row['system']} ({row['kind']})" for row in rows if row["says_something"]]
    quiet = [f"{row['system']} ({row['kind']})" for row in rows if not row["says_something"]]
    said = [f"Human maps: {people.origin}; {len(people.names)} exemplars."]
    if loud:
        said.append(f"Clearly nearer to people on the ink than blurred ink: {', '.join(loud)}.")
    if quiet:
        said.append(
            "**Not clearly nearer to people than blurred ink is, so they say nothing beyond where "
            f"the ink lies**: {', '.join(quiet)}."
        )
    return Markdown(" ".join(said))


def nobody(dataset: str) -> Markdown:
    """Return the sentences of a page on a data set without human maps."""
    return Markdown(
        f"**There are no human importance maps of `{dataset}`**, so nothing can be said here about "
        "people. For *Quick, Draw!* 25 maps can be read off a published figure, when it is in the "
        "data folder. For any drawings you can make maps yourself, with the game below."
    )


def _bars(axes, means: Mapping[str, Interval], stars: Mapping[str, str]) -> None:
    for place, (name, mean) in enumerate(means.items()):
        axes.barh(place, mean.value, height=0.6, color=MODEL, alpha=0.75)
        axes.errorbar(mean.value, place, xerr=_reach(mean), color="0.2", elinewidth=1)
        axes.annotate(
            stars[name],
            (mean.high, place),
            xytext=(4, -3),
            textcoords="offset points",
            fontsize=9,
        )
    _name_rows(axes, list(means))


def _name_rows(axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")


def _grid(head: Sequence[str], rows: Mapping[str, Sequence[str]]) -> HTML:
    """Return a table of cells in HTML, with a heading for each column and row."""
    top = "".join(f"<th>{escape(text)}</th>" for text in head)
    body = "".join(
        f"<tr><th>{escape(name)}</th>{''.join(f'<td>{text}</td>' for text in texts)}</tr>"
        for name, texts in rows.items()
    )
    return HTML(
        f'<table class="scores"><thead><tr><th></th>{top}</tr></thead><tbody>{body}</tbody></table>'
    )


def _other(comparison: Comparison) -> str:
    return comparison.second if comparison.first == NULL else comparison.first


def _cell(row: dict, key: str) -> str:
    low, high = row["intervals"][key]
    return f"{row[key]:.3f} <small>{low:.3f}–{high:.3f}</small>".replace("-", "−")
