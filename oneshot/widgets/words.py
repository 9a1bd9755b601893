"""Sentences that pages say of their results, made of what was measured."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from IPython.display import Markdown

from oneshot import systems
from oneshot.claims.corrected import number
from oneshot.claims.sensitivity import Finding
from oneshot.claims.statement import both, not_reproduced
from oneshot.claims.this_book import SAMPLERS, as_good
from oneshot.drawings.sources import source
from oneshot.drawings.splits import SPLITS
from oneshot.evaluations import selection
from oneshot.evaluations.divisions import Division
from oneshot.evaluations.record import Record
from oneshot.evaluations.table import Table
from oneshot.metrics import paired
from oneshot.metrics.intervals import Interval, interval_of
from oneshot.metrics.paired import FAILS, HOLDS, UNDECIDED, Claim
from oneshot.recipes import presets
from oneshot.sweep.grid import SHIPPED

NAMED = 3
"""Statements that a sentence names before it counts the rest."""


def whose(dataset: str, where: str = "of this page") -> Markdown:
    """Return a sentence on whose drawings a page is about; raise ValueError for an unknown one.

    `where` names a part of the page instead, such as "of this section".
    """
    kind = source(dataset)
    if kind.name == "glyphs":
        return Markdown(
            f"The drawings {where} are vector letters by a **synthetic** hand. What it calls "
            "*human* is that hand, not people."
        )
    about = kind.describe.split(":")[0] if kind.name == "folder" else kind.describe
    return Markdown(
        f"The drawings {where}: {about}. What it calls *human* is those drawings, each scored "
        "as if a model had made it."
    )


def scored_systems(
    table: Table, dataset: str, size: str, asked: Sequence[str] = (), what: str = "framework"
) -> Markdown:
    """Return which systems there are records of, and how to make those that are missing.

    `asked` are the systems that a page is about, all when there are none; `oneshot results` makes
    `what`.
    """
    about = f"`{dataset}` at size {size}"
    if table and "own" not in table.column("critics"):
        about += f", judged by the {table[0].critics} critics"
    names = [systems.label(name) for name in table.systems]
    told = f"Systems on {about}: **{', '.join(names)}**." if names else f"No system on {about} yet."
    absent = [name for name in asked or systems.learners(dataset) if name not in table.systems]
    if absent:
        left, which = ", ".join(map(systems.label, absent)), presets.options(dataset, size)
        told += (
            f" To add {left}: `oneshot make SYSTEM {which}` trains a system, "
            f"`oneshot results {what} {which}` scores it."
        )
    if table.human is None:
        told += " The human drawings have not been scored yet."
    return Markdown(told)


def sweep(runs: Table, dataset: str, size: str, names: Sequence[str], figure: str) -> Markdown:
    """Return which families have runs and how long these took, or how to make some.

    `figure` is that of the paper, "fig3" or "fig4", by which the shipped sweeps are called.
    """
    about = f"{dataset} at size {size}"
    counts = {name: len(group) for name, group in runs.by("family").items()}
    lines = [f"**{name}** {counts[name]}" for name in names if name in counts]
    if lines:
        told = f"Runs on {about}: {', '.join(lines)}.{_trained(runs, dataset)}"
    else:
        told = f"There is no run on {about} yet. {_makes(dataset, size, figure)}"
    if runs.human is None:
        told += " The human drawings have not been scored yet."
    return Markdown(told)


def _makes(dataset: str, size: str, figure: str) -> str:
    file = f"{figure}-{size}"
    if dataset == "quickdraw" and (SHIPPED / f"{file}.yaml").exists():
        return f"`oneshot sweep {file}` makes them."
    return (
        f"`oneshot sweep FILE` makes them, FILE being a copy of `data/sweeps/{figure}-draft.yaml` "
        f"with `dataset: {dataset}` and `preset: {size}`."
    )


def _trained(runs: Table, dataset: str) -> str:
    steps = [
        one["training.steps"] for one in runs if "autoencoder" in one.training.get("steps", ())
    ]
    if not steps:
        return ""
    coded, drawn = (
        int(np.median([n[part] for n in steps])) for part in ("autoencoder", "diffusion")
    )
    latent = runs.filter(lambda one: "autoencoder" in one.training.get("steps", ()))
    minutes = np.median(latent.column("training.seconds")) / 60
    paper = presets.latent_diffusion(dataset, "paper")
    return (
        f" Each trained its autoencoder for {coded:,} steps (at size paper "
        f"{paper.autoencoder.plan.steps:,}) and its diffusion model for {drawn:,} "
        f"({paper.plan.steps:,}), half of them in less than {minutes:.0f} minutes."
    )


def nearest(table: Table) -> str:
    """Return which system is nearest to people, how far that is, and its scores; "" without any.

    Null models are rivals, but for half of the people, who are people; where one is nearest, the
    nearest of those that have learned something is told, too. Units are spreads of these.
    """
    found = [one for name, one in table.systems.items() if name != "human-half"]
    learned = [one for one in found if one.system not in systems.NULLS]
    if table.human is None or len(learned) < 2:
        return ""
    far = paired.far_from_human(found, table.human, unit=learned)
    order = [int(place) for place in far[0].argsort()]
    best = next(k for k, place in enumerate(order) if found[place] in learned)
    told = [
        f"**{systems.label(found[k].system)}**, at a distance of {interval_of(far[:, k])} "
        f"({scores(found[k])})"
        for k in dict.fromkeys((order[0], order[best]))
    ]
    return ", which has learned nothing; of the trained systems it is ".join(told)


def scores(record: Record) -> str:
    """Return diversity and recognizability of a record, in words."""
    return f"diversity {record.diversity}, recognizability {record.recognizability} %"


def summary(table: Table, claims: Sequence[Claim]) -> Markdown:
    """Return in words who is nearest to people, and which statements hold and which do not."""
    if table.human is None or not table.systems:
        return Markdown("*There is nothing to say yet.*")
    lines = [f"- The human drawings: {scores(table.human)}."]
    if near := nearest(table):
        lines.append(f"- Nearest to the human drawings is {near}.")
    lines += [f"- {told}." for one in table.systems.values() if (told := not_reproduced(one))]
    said = {
        verdict: [c.statement.rstrip(".") for c in claims if c.verdict == verdict]
        for verdict in (HOLDS, FAILS, UNDECIDED)
    }
    lines.append(f"- Of {sum(map(len, said.values()))} statements {len(said[HOLDS])} hold.")
    for verdict, words in ((FAILS, "These do not"), (UNDECIDED, "These are undecided")):
        if said[verdict]:
            lines.append(f"- {words}: {'; '.join(said[verdict])}.")
    return Markdown("\n".join(lines))


def papers(found: Sequence[Finding]) -> Markdown:
    """Return four sentences a paper: how many hold, what does, what does not, and what is open."""
    lines = []
    for paper in dict.fromkeys(one.part.paper for one in found):
        mine = [one for one in found if one.part.paper == paper]
        lines.append(f"**{paper}.** {' '.join(_paper(mine))}")
    return Markdown("\n\n".join(lines) or "*Nothing has been tested yet.*")


def _paper(mine: Sequence[Finding]) -> list[str]:
    counts = Counter(one.verdict.verdict for one in mine)
    sets = " and ".join(dict.fromkeys(one.part.dataset for one in mine))
    seeds = {one.claim.seeds for one in mine}
    over = "one seed a model" if seeds == {1} else f"{min(seeds)} to {max(seeds)} seeds a model"
    left = [one.verdict.needed for one in mine if one.verdict.needed]
    lost = sum(one.verdict.changed for one in mine)
    told = [f"Of {len(mine)} statements tested on {sets}, with {over}, {_counted(counts)}."]
    told.append(_named(mine, HOLDS, "What holds wherever it was tested", "None holds wholly."))
    told.append(_named(mine, FAILS, "What does not hold anywhere", "None fails wholly."))
    more = f"{lost or 'no'} more {'is' if lost == 1 else 'are'} undecided than one by one"
    near = f"; about {min(left):,} test concepts would decide the nearest" if left else ""
    return [*told, f"Corrected for their number, {more}{near}."]


def _counted(counts: Mapping[str, int]) -> str:
    def each(verdict: str, one: str, more: str) -> str:
        return f"{counts[verdict]} {one if counts[verdict] == 1 else more}"

    held, failed = each(HOLDS, "holds", "hold"), each(FAILS, "does not", "do not")
    return f"{held}, {failed}, and {each(UNDECIDED, 'is', 'are')} undecided"


def _named(mine: Sequence[Finding], verdict: str, head: str, nothing: str) -> str:
    """Return the statements that came out so wherever they were tested, the first of them named."""
    by: dict[str, set[str]] = {}
    for one in mine:
        by.setdefault(one.claim.statement.rstrip("."), set()).add(one.verdict.verdict)
    so = [statement for statement, told in by.items() if told == {verdict}]
    if not so:
        return nothing
    more = f"; and {len(so) - NAMED} more" if len(so) > NAMED else ""
    named = "; ".join(f"\u201c{name}\u201d" for name in so[:NAMED])
    return f"{head}: {named}{more}."


def corrections(found: Sequence[Finding]) -> Markdown:
    """Return a sentence for each verdict that the correction for many statements changed."""
    lines = [
        f"- *{one.part.paper}*, {one.part.dataset}: \u201c{one.claim.statement}\u201d "
        f"{one.verdict.why[0].upper()}{one.verdict.why[1:]}."
        for one in found
        if one.verdict.changed
    ]
    return Markdown("\n".join(lines) or "*The correction changes no verdict.*")


def joined(found: Sequence[Finding]) -> Markdown:
    """Return the statements that are undecided on a data set and decided on all together."""
    told: dict[str, str] = {}
    for one in found:
        if one.joint and one.joint.verdict != UNDECIDED and one.verdict.verdict == UNDECIDED:
            sets = " and ".join(one.joint.datasets)
            told[one.claim.statement] = (
                f"- *{one.part.paper}*, {sets}: \u201c{one.claim.statement}\u201d "
                f"**{one.joint.verdict}** (p {number(one.joint.p)})."
            )
    return Markdown("\n".join(told.values()) or "*None.*")


def under_critics(claims: Sequence[Claim], others: Sequence[Claim], critics: str) -> Markdown:
    """Return in a sentence how many statements come out otherwise under other critics, and which.

    `claims` are statements by the critics of a page, `others` the same by those called `critics`.
    """
    pairs = both(claims, others)
    if not pairs:
        return Markdown(f"*There are no statements to compare under {critics}.*")
    other = [pair for pair in pairs if pair[0].verdict != pair[1].verdict]
    said = f"Of {len(pairs)} statements {len(other) or 'none'} come{'s' * (len(other) < 2)} out "
    named = [
        f"\u201c{one.statement.rstrip('.')}\u201d ({one.verdict} becomes {two.verdict})"
        for one, two in other
    ]
    return Markdown(f"{said}differently under {critics}{': ' * bool(named)}{'; '.join(named)}.")


def standing(runs: Table, among: Table) -> Markdown:
    """Return in words which runs pass people in recognizability, and which is nearest to them.

    Distances are in spreads of all runs `among` which these are.
    """
    models = list(runs.models)
    if runs.human is None or len(models) < 2:
        return Markdown("*Of one run alone there is nothing to compare yet.*")
    people = runs.human.recognizability
    above = [one.regularization for one in models if one.recognizability.low > people.high]
    unit = selection.spread(among)
    places = ((one.regularization, selection.distance([one], runs, unit)) for one in models)
    far = {name: place for name, place in places if place is not None}
    near = min(far, key=lambda name: far[name].value)
    passed = f"**{', '.join(above)}**" if above else "none"
    bent = selection.warp(models[0].dataset, models[0].size).values()
    alike = [one for one in bent if one.concepts == runs.human.concepts]
    rivals = [place for one in alike if (place := selection.distance([one], runs, unit))]
    beside = f" The warp, which has learned nothing, is at {_bounds(rivals[0])}." if rivals else ""
    return Markdown(
        f"Of {len(models)} runs at size {models[0].size}, more recognizable than the human "
        f"drawings, with the whole interval: {passed}. Nearest to human on test "
        f"concepts is **{near}**, at a distance of {_bounds(far[near])}; by validation concepts "
        f"one would choose **{selection.best(runs)[0].regularization}**.{beside}"
    )


def _bounds(interval: Interval) -> str:
    return f"{interval.value:.2f} ({interval.low:.2f}\u2013{interval.high:.2f})"


def fewest(ways: Sequence[Table], reference: Record | None = None) -> str:
    """Return with how few steps each sampler scores as `reference` does, or as its most steps.

    Each of `ways` is one sampler, from few steps to many.
    """
    return "; ".join(_fewest(list(way), reference or way[-1]) for way in ways)


def _fewest(records: list[Record], best: Record) -> str:
    name = SAMPLERS[records[0].sampler]
    good = [one for one in records if one is best or as_good(one, best).verdict == HOLDS]
    if not good:
        return f"{name} with no number of steps that was tried"
    if good[0] is best:
        return f"{name} in no fewer than {best.sampler_steps}"
    times = [one["drawing.milliseconds"] for one in (best, good[0])]
    fold = times[0] / times[1] if all(times) else 0
    faster = f", {fold:.0f} times as fast" if fold >= 2 else ""
    return f"**{name} with {good[0].sampler_steps} steps**{faster}"


def timed(records: Sequence[Record]) -> Markdown:
    """Return on what drawings were timed, in which precision; all that differ are named."""
    found = [one for one in records if one["drawing.device"]]
    ways = {
        (one["drawing.device"], one["drawing.timed"] or one["drawing.precision"]) for one in found
    }
    told = [f"{device} in {precision}" for device, precision in sorted(ways)]
    return Markdown(f"Timed on {' and '.join(told)}." if told else "")


def division(found: Division | None) -> Markdown:
    """Return how many concepts there are, of how many categories, in which splits."""
    if found is None:
        return Markdown("*`oneshot data fetch` brings the drawings of this data set.*")
    sizes = Counter(map(len, found.categories.values()))
    parts = [f"{n} of {k} concept{'s' * (k > 1)}" for k, n in sorted(sizes.items())]
    splits = [f"{found.splits.count(number)} {name}" for number, name in enumerate(SPLITS)]
    each = found.counts
    few, many = min(each), max(each)
    told = (
        f"{few}" if few == many else f"{few} to {many}, half of them {np.median(each):g} or more,"
    )
    return Markdown(
        f"**{len(found.names)} concepts** out of {sum(sizes.values())} categories "
        f"({', '.join(parts)}): {', '.join(splits)}. Each concept has {told} drawings."
    )
