"""`oneshot score` and `oneshot results`: one system scored, and the tables of results made."""

import argparse
import sys
from dataclasses import asdict
from typing import Any

from oneshot.commands.output import say


def score(arguments: argparse.Namespace) -> int:
    """Score the drawings of a system, or people's."""
    from oneshot import store, systems
    from oneshot.recipes import presets

    drawn = systems.samples(
        arguments.system, arguments.dataset, arguments.preset, guidance=arguments.guidance
    )
    scores = store.get(presets.scores(drawn, arguments.critics))
    names = ("diversity", "diversity_raw", "originality", "recognizability", "recognizability_all")
    table = {name: asdict(getattr(scores, name)) for name in names}
    about = {name: getattr(arguments, name) for name in ("system", "dataset", "preset", "critics")}
    about |= {
        "guidance": getattr(drawn, "guidance", None),
        "concepts": scores.concepts,
        "ways": scores.ways,
    }
    people = store.get(
        presets.scores(
            systems.samples(systems.HUMAN, arguments.dataset, arguments.preset), arguments.critics
        )
    )
    against = scores.originality_against(people)
    table["originality_human_normaliser"] = asdict(against)
    lines = [f"{name:20} {getattr(scores, name)}" for name in names]
    lines.insert(3, f"{'  in human units':20} {against}")
    lines += ["bins (originality, recognizability)"]
    lines += [f"  {o:.3f}  {r:5.1f}" for o, r in scores.bins]
    say(arguments, about | table | {"bins": scores.bins}, lines)
    return 0


def results(arguments: argparse.Namespace) -> int:
    """Evaluate what has been trained, into the table that is asked for."""
    from oneshot.drawings.errors import DataError
    from oneshot.evaluations import collect

    if arguments.table in _OTHERS:
        return _OTHERS[arguments.table](arguments)
    documents, lines = [], []
    for dataset in arguments.dataset or collect.DATASETS:
        try:
            found = collect.collect(arguments.table, dataset, arguments.preset, arguments.system)
        except DataError as error:
            if arguments.dataset:
                raise
            lines.append(f"{dataset} is left out: {error}")
            continue
        documents += [record.to_json() for record in found.records]
        lines += [_scored(record) for record in found.records]
        if found.untrained:
            lines.append(f"{dataset}: not trained yet are {', '.join(found.untrained)}")
        lines.append(f"{dataset}: {len(found.records)} records are in {found.file}")
    say(arguments, documents, lines)
    return 0


def _divisions(arguments: argparse.Namespace) -> int:
    from oneshot.evaluations import divisions

    if arguments.system:
        raise ValueError("how concepts are divided depends on no system: leave out --system")
    rows = []
    for dataset in arguments.dataset or ("quickdraw",):
        rows += divisions.keep(dataset, arguments.preset)
    lines = [
        f"{row.dataset:10} {row.split:10} {len(row.names)} concepts, {len(row.nearest)} for testing"
        for row in rows
    ]
    say(arguments, [row.to_json() for row in rows], lines)
    return 0


def _bends(arguments: argparse.Namespace) -> int:
    from oneshot import systems
    from oneshot.evaluations import amplitude, collect
    from oneshot.recipes.vae_elastic import spread_of

    of_warp = arguments.table == "warp"
    choose = amplitude.amplitude if of_warp else amplitude.spread
    found = [choose(dataset, arguments.preset) for dataset in arguments.dataset or collect.DATASETS]
    called, model = ("amplitude", "the warp") if of_warp else ("spread", "VAE-Elastic")
    lines = []
    for one in found:
        told = zip(one.tried, one.originality, strict=True)
        at = ", ".join(f"{originality:.3f} at {value:g}" for value, originality in told)
        lines.append(
            f"{one.dataset:10} people's originality is {one.people:.3f}, that of {model} {at}"
        )
        used = systems.warped_by(one.dataset) if of_warp else spread_of(one.dataset)
        lines.append(f"{'':10} so its {called} is {one.value:g}; in use is {used:g}")
    say(arguments, [asdict(one) for one in found], lines)
    return 0


def _times(arguments: argparse.Namespace) -> int:
    from oneshot.evaluations import timing

    if arguments.system:
        raise ValueError("all ways of drawing of a data set are timed together: no --system here")
    found = []
    for dataset in arguments.dataset or ("omniglot", "quickdraw"):
        found += timing.again(dataset, arguments.preset)
    lines = [
        f"{one.dataset:10} {one.system:10} {one.sampler:14} {one.sampler_steps:5} steps  "
        f"{one['drawing.milliseconds']:9.1f} ms a drawing"
        for one in found
    ]
    say(arguments, [one.to_json() for one in found], lines)
    return 0


def _failures(arguments: argparse.Namespace) -> int:
    from oneshot.evaluations import failures

    rows = []
    for dataset in arguments.dataset or ("glyphs", "omniglot"):
        rows += failures.keep(dataset, arguments.preset)
    lines = [
        f"{row.dataset:10} {row.name:18} {', '.join(row.seen) or 'seen by no score'}"
        for row in rows
    ]
    say(arguments, [row.to_json() for row in rows], lines)
    return 0


def _transfer(arguments: argparse.Namespace) -> int:
    from oneshot.evaluations import transfer

    documents, lines = [], []
    split = "validation" if arguments.table.endswith("validation") else "test"
    for row in transfer.keep(arguments.system, arguments.dataset, split=split):
        documents.append(row.to_json())
        told = f"recognizability {row.recognizability}  originality {row.originality}"
        lines.append(f"{row.system:10} that learned {row.learned:10} draws {row.drawn:10}  {told}")
        print(lines[-1], file=sys.stderr, flush=True)
    say(arguments, documents, lines)
    return 0


def _scored(record: Any) -> str:
    names = ("guidance", "sampler", "sampler_steps")
    way = [f"{k} {v}" for k in names if (v := record[k]) is not None]
    return (
        f"{record.dataset:10} {', '.join([record.name, *way]):56} {record.critics:9} "
        f"diversity {record.diversity}  recognizability {record.recognizability}"
    )


_OTHERS = {
    "concepts": _divisions,
    "warp": _bends,
    "spread": _bends,
    "failures": _failures,
    "times": _times,
    "transfer": _transfer,
    "transfer-validation": _transfer,
}
"""Tables that are not of records."""
