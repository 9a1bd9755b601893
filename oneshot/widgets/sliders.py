"""Sliders and sheets of drawings that were kept: of records, and of originalities."""

from collections.abc import Mapping, Sequence

import numpy as np
from IPython.display import Markdown
from PIL import Image

from oneshot.evaluations import at_hand
from oneshot.evaluations.record import Record
from oneshot.evaluations.samples import Shown
from oneshot.evaluations.table import Table
from oneshot.evenly import evenly
from oneshot.metrics.tradeoff import Tradeoff
from oneshot.widgets import sheets
from oneshot.widgets.figures import label, point, unless_empty
from oneshot.widgets.sprite_slider import SpriteSlider, plane

NOTHING = Markdown("*No drawings have been kept yet.*")
NEAR = 0.08
"""A drawing is an example of an originality that is at most this far from its own."""
DIAMOND = np.array([[-1, 0], [0, -1], [1, 0], [0, 1], [-1, 0]])


def slider(
    shown: Mapping[object, Shown],
    called: str,
    framed: np.ndarray,
    concepts: int,
    *,
    captions: Sequence[str] = (),
    plot: dict | None = None,
    start: int | None = None,
    columns: int = 4,
    alt: str = "drawings after the framed exemplar",
) -> SpriteSlider | Markdown:
    """Return a slider through kept drawings by value, and a second one through some concepts.

    `called` names the first. `framed` are the exemplars (C, 1, H, W) of all concepts kept; there
    may be a caption for each value.
    """
    if not shown:
        return NOTHING
    first = next(iter(shown.values()))
    chosen = evenly(len(first.names), concepts)
    pages = [[sheets.page(s.drawings[k], framed[k], columns=columns) for k in chosen]
             for s in shown.values()]  # fmt: skip
    return SpriteSlider(
        [frame for row in pages for frame in row],
        {called: list(shown), "exemplar": [sheets.label(first.names[k]) for k in chosen]},
        captions=[caption for caption in captions for _ in chosen],
        plot=plot,
        start=[0 if start is None else start, 0],
        alt=alt,
    )


def systems_slider(table: Table, concepts: int) -> SpriteSlider | Markdown:
    """Return a slider through people and systems: drawings of one concept, and where they stand.

    The drawings stand for all of a system, from the nearest to the exemplar to the farthest.
    """
    kept = at_hand.drawings(table)
    if not kept or table.human is None:
        return NOTHING
    scored = {table.human.system: table.human} | table.systems
    names = {name: label(name) for name in kept}
    marked = dict.fromkeys([*kept, table.human.system])
    diamonds = {label(n): diamond(scored[n], list(scored.values())) for n in marked}
    dots = [point(scored[name], "diversity", "recognizability") for name in kept]
    return slider(
        {names[name]: one for name, one in kept.items()},
        "system",
        framed(table[0], next(iter(kept.values()))),
        concepts,
        captions=[caption(scored[name], names[name]) for name in kept],
        plot=plane(
            diamonds, np.array(dots), active=list(names.values()), reference="human", x="diversity"
        ),
        alt="eleven drawings after the framed exemplar",
    )


def setting_slider(
    records: Table,
    column: str,
    human: Record,
    concepts: int,
    *,
    kind: str,
    called: str,
    name: str,
    x: str = "originality",
    curve: Tradeoff | None = None,
) -> SpriteSlider | Markdown:
    """Return a slider over the values of a column: drawings, and a dot that travels on the plane.

    `records` differ in that column alone, and rise with it. The dot is on the `curve` that was
    fitted through them, if any, else where they stand; the plane is that of `x` and
    recognizability, where the diamond is human. `called` names the slider, `name` the line.
    """
    if len(set(records.column(column))) < 2:
        return Markdown(f"*There is one {called} so far, so nothing to move.*")
    kept = {one[column]: shown for one in records if (shown := records.drawings(one, kind))}
    if len(kept) < 2:
        return NOTHING
    there = [one for one in records if one[column] in kept]
    places = [point(one, x, "recognizability") for one in records]
    path = np.array(places) if curve is None else curve.path
    dots = dict(zip(records.column(column), places if curve is None else curve.places, strict=True))
    lines = {name: path, "human": diamond(human, [human, *records], x)}
    at = np.array([dots[value] for value in kept])
    return slider(
        kept,
        called,
        framed(there[0], next(iter(kept.values()))),
        concepts,
        captions=[caption(one, f"{name}, {called} {one[column]:g}", x) for one in there],
        plot=plane(lines, at, active=[name] * len(kept), reference="human", x=x),
        start=len(kept) // 2,
        alt=f"drawings by {name} after the framed exemplar",
    )


def framed(record: Record, shown: Shown) -> np.ndarray:
    """Return the exemplars (C, 1, H, W) of kept drawings, uint8, or plates with their names.

    Names stand where the data set is not at hand: exemplars do not ship with the project.
    """
    there = at_hand.exemplars(record, shown)
    if there is None:
        side = shown.drawings.shape[-1]
        return np.stack([sheets.nameplate(name, side) for name in shown.names])
    return (there * 255).round().byte().numpy()


@unless_empty
def sheet(drawings: Mapping[str, np.ndarray], framed: np.ndarray, **options) -> sheets.Sheet:
    """Return drawings (V, 1, H, W) by name, a row each, beside exemplars (rows, 1, H, W)."""
    rows = [sheets.label(name) for name in drawings]
    return sheets.contact_sheet(np.stack(list(drawings.values())), framed, rows=rows, **options)


def sheet_of(record: Record, shown: Shown | None, concepts: int, columns: int = 11):
    """Return drawings of one record, a row for each of some concepts, beside the exemplar."""
    if shown is None:
        return NOTHING
    chosen = evenly(len(shown.names), concepts)
    rows = {shown.names[k]: shown.drawings[k, :columns] for k in chosen}
    return sheet(rows, framed(record, shown)[chosen])


def at(shown: Shown, level: float) -> np.ndarray:
    """Return of each concept the drawing (C, 1, H, W) whose originality is nearest to `level`.

    Blank where that is more than `NEAR` away.
    """
    off = np.abs(shown.originality - level)
    nearest, places = off.argmin(axis=1), np.arange(len(off))
    found = shown.drawings[places, nearest].copy()
    found[off[places, nearest] > NEAR] = 0
    return found


def pairs(above: np.ndarray, below: np.ndarray, columns: int = 4) -> Image.Image:
    """Return images (C, 1, H, W) in rows, each row over its partners."""
    blank = np.zeros((-len(above) % columns, *above.shape[1:]), np.uint8)
    rows = [np.concatenate([p, blank]).reshape(-1, columns, *p.shape[1:]) for p in (above, below)]
    return sheets.grid(np.stack(rows, axis=1).reshape(-1, columns, *above.shape[1:]))


def diamond(record: Record, others: Sequence[Record], x: str = "diversity") -> np.ndarray:
    """Return a small diamond (5, 2) around a record's place on the plane, in units of all places.

    The plane is that of `x` and recognizability.
    """
    places = np.array([point(one, x, "recognizability") for one in others])
    reach = 0.025 * np.maximum(np.ptp(places, axis=0), 1e-9)
    return point(record, x, "recognizability") + reach * DIAMOND


def on(curve: np.ndarray, level: float) -> np.ndarray:
    """Return the point of a curve (n, 2) at an originality, or its end where it does not reach."""
    x, y = curve[curve[:, 0].argsort()].T
    return np.array([np.clip(level, x[0], x[-1]), np.interp(level, x, y)])


def caption(record: Record, name: str, x: str = "diversity") -> str:
    """Return where a record stands on the plane of `x` and recognizability, in words."""
    return (
        f"{name}: {x} {record[x].value:.2f}, recognizability "
        f"{record.recognizability.value:.1f}\u00a0%"
    )
