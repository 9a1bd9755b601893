"""Importance maps on a page: laid over the drawings, and how they agree with people's."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
from IPython.display import HTML, Markdown
from numpy.typing import ArrayLike
from PIL import Image

from oneshot.attribution.agreement import NULL, Row, near_ink, spearman, stars
from oneshot.metrics import intervals
from oneshot.metrics.intervals import Interval
from oneshot.widgets.figures import HUMAN, MODEL, Plot, _plot, _reach
from oneshot.widgets.sheets import ACCENT, GAP, INK, PAPER, Sheet

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


def bars(rows: Sequence[Row], ceiling: Interval | None = None) -> Plot:
    """Return rank correlations with human maps, over all pixels and on ink, with 95 % intervals.

    The line with its band is blurred ink. Stars say how clearly a system differs from it (Wilcoxon
    signed-rank, corrected): three below 0.001, one below 0.05. The dashed line is the `ceiling`
    that people's own consistency sets, if known.
    *Latent Representation Matters* (NeurIPS 2024), fig. 5b.
    """
    with _plot(7.4, 1.1 + 0.32 * len(rows), panels=2) as (figure, panels):
        for axes, where in zip(panels, ("all", "ink"), strict=True):
            for place, row in enumerate(rows):
                _bar(axes, place, getattr(row, f"spearman_{where}"), getattr(row, f"p_{where}"))
            null = getattr(rows[0], f"null_{where}")
            axes.axvline(null.value, color=HUMAN, linewidth=1, label=NULL)
            axes.axvspan(null.low, null.high, color=HUMAN, alpha=0.1, linewidth=0)
            axes.set(xlabel={"all": "all pixels", "ink": "within 1 px of ink"}[where])
            _name_rows(axes, [_label(row) for row in rows])
        if ceiling:
            panels[0].axvline(ceiling.value, color=HUMAN, linestyle="--", label="ceiling")
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


def table(rows: Sequence[Row]) -> HTML:
    """Return rows of the same comparison as a table; small numbers are 95 % intervals.

    The first line is people's own maps, the second blurred ink, the null. "beyond null" is the
    difference to it on the ink, with stars as in `bars`.
    """
    first = rows[0]
    lines = {
        "human": ["", "", "", _cell(first.human_share)],
        NULL: [_cell(first.null_all), _cell(first.null_ink), "", ""],
    }
    for row in rows:
        lines[_label(row)] = [
            _cell(row.spearman_all),
            _cell(row.spearman_ink),
            _cell(row.ink_beyond_null, stars(row.p_ink)),
            _cell(row.share_above_half),
        ]
    return _grid(["all pixels", "on ink", "beyond null", "above half"], lines)


def verdict(rows: Sequence[Row]) -> Markdown:
    """Return sentences that say which maps tell more than blurred ink does, and which do not."""
    loud = [_label(row) for row in rows if row.says_something]
    quiet = [_label(row) for row in rows if not row.says_something]
    first = rows[0]
    said = [f"Human maps: {first.human}; {first.concepts} exemplars of `{first.dataset}`."]
    if blur := max(row.blur for row in rows):
        said.append(f"Maps were blurred by {blur:g} px, as people's clicks are.")
    if loud:
        said.append(f"Clearly nearer to people on the ink than blurred ink: {'; '.join(loud)}.")
    if quiet:
        said.append(
            "**Not clearly nearer to people than blurred ink is, so they say nothing beyond where "
            f"the ink lies**: {'; '.join(quiet)}."
        )
    return Markdown(" ".join(said))


def sparser(rows: Sequence[Row]) -> Markdown:
    """Return a sentence that says whose maps are spread wider than people's."""
    people = rows[0].human_share
    spread = [_label(row) for row in rows if row.share_above_half.low > people.high]
    sparse = [_label(row) for row in rows if row.share_above_half.high < people.low]
    said = [f"Of people's maps {people.value:.0%} is above half of the maximum."]
    said += [f"Spread wider than that: {'; '.join(spread)}."] if spread else []
    said += [f"Sparser: {'; '.join(sparse)}."] if sparse else []
    return Markdown(" ".join(said))


def elsewhere(dataset: str, rows: Sequence[Row]) -> Markdown:
    """Return the sentences of a page on a data set without human maps, before shipped `rows`."""
    said = (
        f"**There are no human importance maps of `{dataset}`**, so nothing can be said of people "
        "and the maps above. You can make human maps yourself, with the game below. "
    )
    if rows:
        said += (
            f"What follows was measured on {rows[0].concepts} exemplars of `{rows[0].dataset}`, "
            f"whose human maps were {rows[0].human}; it is read from `data/results/agreement.json`."
        )
    return Markdown(said)


def _label(row: Row) -> str:
    return f"{row.system} ({row.kind})"


def _bar(axes, place: int, mean: Interval, p: float) -> None:
    axes.barh(place, mean.value, height=0.6, color=MODEL, alpha=0.75)
    axes.errorbar(mean.value, place, xerr=_reach(mean), color="0.2", elinewidth=1)
    at = {"xytext": (4, -3), "textcoords": "offset points", "fontsize": 9}
    axes.annotate(stars(p), (mean.high, place), **at)


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
    body = f"<thead><tr><th></th>{top}</tr></thead><tbody>{body}</tbody>"
    return HTML(f'<table class="scores wrapped">{body}</table>')


def _cell(mean: Interval, mark: str = "") -> str:
    value = f"{mean.value:.3f} {mark}".rstrip()
    return f"{value} <small>{mean.low:.3f}–{mean.high:.3f}</small>".replace("-", "−")
