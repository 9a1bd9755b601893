"""Importance maps on a page: laid over the drawings, and how they agree with people's."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
from IPython.display import HTML, Markdown
from numpy.typing import ArrayLike
from PIL import Image

from oneshot.attribution.agreement import (
    NULL,
    Comparison,
    Row,
    beside_null,
    near_ink,
    spearman,
    stars,
)
from oneshot.attribution.maps import KINDS as READINGS
from oneshot.metrics import intervals
from oneshot.metrics.claims import signed
from oneshot.metrics.intervals import Interval
from oneshot.widgets.figures import HUMAN, MODEL, Plot, _plot, _reach
from oneshot.widgets.sheets import ACCENT, GAP, INK, PAPER, Sheet

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


def bars(
    rows: Sequence[Row], people: Mapping[str, float] | None = None, beside: Row | None = None
) -> Plot:
    """Return rank correlations with human maps, over all pixels and on ink, with 95 % intervals.

    The line with its band is blurred ink. Stars, in a column of their own, say how clearly a system
    differs from it (Wilcoxon signed-rank, corrected for the bars that are shown): three below
    0.001, one below 0.05. Dashed lines are what `people` reach, by name, over all pixels; the
    dotted one is the row `beside` which the others are to be read.
    *Latent Representation Matters* (NeurIPS 2024), fig. 5b.
    """
    with _plot(7.4, 1.5 + 0.32 * len(rows), panels=2) as (figure, panels):
        for axes, where in zip(panels, ("all", "ink"), strict=True):
            for place, (row, p) in enumerate(zip(rows, beside_null(rows, where), strict=True)):
                _bar(axes, place, getattr(row, f"spearman_{where}"), p)
            null = getattr(rows[0], f"null_{where}")
            axes.axvline(null.value, color=HUMAN, linewidth=1, label=NULL)
            axes.axvspan(null.low, null.high, color=HUMAN, alpha=0.1, linewidth=0)
            if beside:
                mean = getattr(beside, f"spearman_{where}").value
                axes.axvline(mean, color="#26727a", linestyle=":", label=_label(beside))
            axes.set(xlabel={"all": "all pixels", "ink": "within 1 px of ink"}[where])
            _name_rows(axes, [_label(row).replace(", ", ",\n") for row in rows])
        for name, value in (people or {}).items():
            panels[0].axvline(value, color=HUMAN, linestyle="--", label=name)
        panels[1].set_yticklabels([])
        figure.suptitle(
            f"Spearman correlation with human maps: {_made(rows)}", fontsize=9.5, x=0.01, ha="left"
        )
        lines = panels[0].get_legend_handles_labels()
        figure.legend(*lines, fontsize=8, loc="outside lower left", ncols=3)
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
    for row, p in zip(rows, beside_null(rows, "ink"), strict=True):
        lines[_label(row)] = [
            _cell(row.spearman_all),
            _cell(row.spearman_ink),
            _cell(row.ink_beyond_null, stars(p)),
            _cell(row.share_above_half),
        ]
    return _grid(["all pixels", "on ink", "beyond null", "above half"], lines)


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
    return _grid(names, {one: [cells[one, other] for other in names] for one in names})


def told_apart(found: Sequence[Comparison]) -> Markdown:
    """Return which pairs of systems differ, each with the difference and its 95 % interval."""
    clear = [pair for pair in found if _differ(pair)]
    count = "1 differs" if len(clear) == 1 else f"{len(clear) or 'none'} differ"
    said = f"Of {len(found)} pairs {count} (corrected p below 0.05)"
    told = []
    for pair in clear:
        swap = pair.effect < 0
        above, below = (pair.second, pair.first) if swap else (pair.first, pair.second)
        gap = pair.difference
        gap = Interval(-gap.value, -gap.high, -gap.low) if swap else gap
        told.append(f"{above} above {below} by {signed(gap)}")
    return Markdown(said + (f": {'; '.join(told)}." if told else "."))


def verdict(rows: Sequence[Row]) -> Markdown:
    """Return sentences that say which maps are shown to agree with people more than blurred ink.

    They are about the ink. A map that is above half of its maximum nearly everywhere is pointed at.
    """
    loud = [_label(row) for row in rows if row.beats_null]
    less = [_label(row) for row in rows if row.ink_beyond_null.high < 0]
    quiet = [_label(row) for row in rows if not row.beats_null and _label(row) not in less]
    first = rows[0]
    said = [f"Human maps: {first.human}; {first.concepts} exemplars of `{first.dataset}`."]
    if blur := max(row.blur for row in rows):
        said.append(f"Maps were blurred by {blur:g} px, as people's clicks are.")
    if loud:
        said.append(
            f"Shown to agree with people more than blurred ink does, on the ink: {'; '.join(loud)}."
        )
    if quiet or less:
        parts = ["; ".join(quiet)] if quiet else []
        parts += [f"and, with the whole interval below blurred ink, {'; '.join(less)}"] * bool(less)
        said.append(
            "**Not shown to agree with people more than blurred ink does**, on the ink: "
            f"{'; '.join(parts).removeprefix('and, ')}."
        )
    said += [_flat(row) for row in rows if row.share_above_half.low > FLAT]
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


def _flat(row: Row) -> str:
    share = row.share_above_half
    said = (
        f"Maps of {_label(row)} are nearly flat: {share.value:.0%} of their pixels "
        f"[{share.low:.0%}, {share.high:.0%}] are above half of the maximum, so that their ranks "
        "rest on small differences."
    )
    if row.kind == "guided":
        said += " A guided prediction on pixels estimates noise, which covers paper and ink alike."
    return said


def _made(rows: Sequence[Row]) -> str:
    """Return what rows were made of, for a caption."""
    read = dict.fromkeys(row.kind for row in rows if row.kind in READINGS)
    said = [f"{rows[0].dataset}, size {rows[0].preset}"]
    return ", ".join(said + [f"reading {' or '.join(read)}"] * bool(read))


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


def missing(names: Sequence[str]) -> Markdown:
    """Return why there are no pictures of the maps of some models."""
    return Markdown(
        f"*No picture of the maps of {', '.join(names)}: maps do not come with the project. They "
        "are shown where people's are in the data folder and the models' in the store.*"
    )


def _label(row: Row) -> str:
    return f"{row.system} ({row.kind})"


def _bar(axes, place: int, mean: Interval, p: float) -> None:
    axes.barh(place, mean.value, height=0.6, color=MODEL, alpha=0.75)
    axes.errorbar(mean.value, place, xerr=_reach(mean), color="0.2", elinewidth=1)
    # Beside the panel, where neither a line nor a band of it can be.
    edge, at = axes.get_yaxis_transform(), {"textcoords": "offset points", "fontsize": 9}
    axes.annotate(stars(p), (1, place), (3, -4), xycoords=edge, annotation_clip=False, **at)


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
