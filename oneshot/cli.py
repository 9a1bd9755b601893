"""The command line: `oneshot data | draw | make | score | export | run | sweep | book | ...`.

It parses words and calls the package; the work is done elsewhere. With `--json`, standard output is
one JSON document and nothing else; progress goes to standard error.
"""

import argparse
import json
import logging
import math
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any


def main(words: list[str] | None = None) -> None:
    """Run the command that `words` (default: the command line) name, and exit with its status."""
    parser = _parser()
    arguments = parser.parse_args(words)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        status = arguments.command(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough: leave nothing that is written at the exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    except KeyboardInterrupt:
        print("oneshot: interrupted; the same command goes on where it stopped", file=sys.stderr)
        status = 130
    except Exception as error:
        if not _expected(error):
            raise
        print(f"oneshot: {error}", file=sys.stderr)
        status = 1
    sys.exit(status or 0)


def _expected(error: Exception) -> bool:
    """Say whether an error is about the caller's input, and so its message is all there is to say.

    Everything else keeps its traceback: it is a fault of this package.
    """
    ours = type(error).__module__.startswith("oneshot")
    return ours or isinstance(error, ValueError | OSError | ModuleNotFoundError)


def _data(arguments: argparse.Namespace) -> int:
    from oneshot.drawings import registry

    what, dataset = arguments.what, arguments.dataset
    if what == "list":
        if dataset is not None:
            raise ValueError(f"`oneshot data list` lists all; did you mean `data info {dataset}`?")
        rows = registry.listing()
        _say(arguments, rows, [f"{r['name']:10} {_there(r)}  {r['about']}" for r in rows])
        return 0
    if dataset is None:
        raise ValueError(f"say of which dataset: oneshot data {what} DATASET")
    if what == "info":
        about = registry.info(dataset)
        _say(arguments, about, [f"{name:10} {value}" for name, value in about.items()])
        return 0 if about["there"] else 1
    if what == "fetch":
        done = registry.fetch(dataset, arguments.per_category, arguments.mirror)
        _say(arguments, done, done)
        return 0
    findings = list(registry.verify(dataset))
    marks = {True: "ok ", False: "BAD"}
    _say(
        arguments,
        registry.to_json(findings),
        [f"{marks[finding.ok]} {finding.file}: {finding.state}" for finding in findings],
    )
    return 0 if all(finding.ok for finding in findings) else 1


def _there(row: dict[str, Any]) -> str:
    return f"{row['concepts']:5} concepts" if row["there"] else "not here yet  "


def _make(arguments: argparse.Namespace) -> int:
    from oneshot import execute, store, systems
    from oneshot.evaluations.evaluate import varied
    from oneshot.recipes import listing, presets

    if arguments.what == "listing":
        path = str(listing.make(arguments.dataset, store.default()))
        _say(arguments, {"what": "listing", "path": path}, [f"listing is in {path}"])
        return 0
    if arguments.what in PARTS:
        recipe = getattr(presets, arguments.what)(arguments.dataset, arguments.preset)
    else:
        named = systems.named_model if ":" in arguments.what else systems.recipe
        recipe = named(arguments.what, arguments.dataset, arguments.preset)
    if recipe.ephemeral:
        raise ValueError(f"{arguments.what} learns nothing, so there is nothing to make: score it")
    recipe = varied(recipe, execute.assignments(arguments.variant, "--variant"))
    store.get(recipe)
    metadata = store.metadata(recipe)
    about = {
        "what": arguments.what,
        "key": recipe.key,
        "path": str(store.default().find(recipe)),
        "seconds": metadata["provenance"]["seconds"],
    }
    _say(arguments, about, [f"{about['what']} is in {about['path']}"])
    return 0


def _score(arguments: argparse.Namespace) -> int:
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
            systems.samples("human", arguments.dataset, arguments.preset), arguments.critics
        )
    )
    against = scores.originality_against(people)
    table["originality_human_normaliser"] = asdict(against)
    lines = [f"{name:20} {getattr(scores, name)}" for name in names]
    lines.insert(3, f"{'  in human units':20} {against}")
    lines += ["bins (originality, recognizability)"]
    lines += [f"  {o:.3f}  {r:5.1f}" for o, r in scores.bins]
    _say(arguments, about | table | {"bins": scores.bins}, lines)
    return 0


def _results(arguments: argparse.Namespace) -> int:
    from oneshot.drawings.errors import DataError
    from oneshot.evaluations import collect

    if arguments.table == "concepts":
        return _divisions(arguments)
    if arguments.table == "warp":
        return _amplitudes(arguments)
    if arguments.table == "failures":
        return _failures(arguments)
    if arguments.table == "transfer":
        return _transfer(arguments)
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
    _say(arguments, documents, lines)
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
    _say(arguments, [row.to_json() for row in rows], lines)
    return 0


def _amplitudes(arguments: argparse.Namespace) -> int:
    from oneshot import systems
    from oneshot.evaluations import amplitude, collect

    found = [
        amplitude.choose(dataset, arguments.preset)
        for dataset in arguments.dataset or collect.DATASETS
    ]
    lines = []
    for one in found:
        told = zip(amplitude.AMPLITUDES, one.originality, strict=True)
        at = ", ".join(f"{originality:.3f} at {value:g}" for value, originality in told)
        lines.append(f"{one.dataset:10} people's originality is {one.people:.3f}, the warp's {at}")
        lines.append(
            f"{'':10} so its amplitude is {one.amplitude:g}; in use is "
            f"{systems.warped_by(one.dataset):g}"
        )
    _say(arguments, [asdict(one) for one in found], lines)
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
    _say(arguments, [row.to_json() for row in rows], lines)
    return 0


def _transfer(arguments: argparse.Namespace) -> int:
    from oneshot.evaluations import transfer

    documents, lines = [], []
    for row in transfer.keep(arguments.system, arguments.dataset):
        documents.append(row.to_json())
        told = f"recognizability {row.recognizability}  originality {row.originality}"
        lines.append(f"{row.system:10} that learned {row.learned:10} draws {row.drawn:10}  {told}")
        print(lines[-1], file=sys.stderr, flush=True)
    _say(arguments, documents, lines)
    return 0


def _scored(record: Any) -> str:
    names = ("guidance", "sampler", "sampler_steps")
    way = [f"{k} {v}" for k in names if (v := record[k]) is not None]
    return (
        f"{record.dataset:10} {', '.join([record.name, *way]):56} {record.critics:9} "
        f"diversity {record.diversity}  recognizability {record.recognizability}"
    )


def _run(arguments: argparse.Namespace) -> int:
    from oneshot import execute

    given = execute.assignments(arguments.parameter)
    print(execute.run(arguments.notebook, arguments.output, **given))
    return 0


def _sweep(arguments: argparse.Namespace) -> int:
    if str(arguments.file) in SLOTS:
        return _slot(arguments)
    if arguments.minutes is not None:
        raise ValueError(f"--minutes is for {', '.join(SLOTS)}, not for a file of runs")
    from oneshot.sweep.making import main as sweep

    return sweep(arguments.file, arguments.scheduler, arguments.workers, arguments.dry_run)


def _slot(arguments: argparse.Namespace) -> int:
    """Work for some minutes on what is missing; what is interrupted goes on in the next slot."""
    from oneshot.device import on_card
    from oneshot.store import Store
    from oneshot.sweep import study, timed

    what, minutes = str(arguments.file), arguments.minutes
    if minutes is None:
        raise ValueError(f"say for how many minutes: oneshot sweep {what} --minutes 60")
    store = Store(device=arguments.device or None)
    if what == "study":
        return study.run(minutes, store, only=arguments.only)
    size = "laptop" if what == "systems" else "paper"
    compiled = size == "paper" and on_card(store.device)
    chosen = {"datasets": arguments.dataset or timed.DATASETS, "names": arguments.only}
    return timed.run(size, minutes, store, compiled=compiled, **chosen)


def _book(arguments: argparse.Namespace) -> int:
    from oneshot import book

    print(f"the book is built: open {book.build()}")
    return 0


def _zoo(arguments: argparse.Namespace) -> int:
    from oneshot import zoo

    if arguments.what == "show":
        if arguments.name is None:
            raise ValueError("say which entry: oneshot zoo show NAME; `oneshot zoo list` has them")
        about = zoo.show(arguments.name)
        _say(arguments, about, [json.dumps(about, indent=2)])
        return 0
    if arguments.what == "shrink":
        if arguments.name is None:
            raise ValueError(
                "say which entry: oneshot zoo shrink NAME; `oneshot zoo list` has them"
            )
        moves = zoo.shrink(arguments.name)
        told = ", ".join(f"{score} by {move:.3f}" for score, move in moves.items())
        _say(arguments, moves, [f"{arguments.name}, in eight bits, moves {told} of its interval"])
        return 0
    if arguments.what == "publish":
        if arguments.name is None:
            raise ValueError("say of which dataset: oneshot zoo publish DATASET")
        only = arguments.only
        edition = {"edition": arguments.edition}
        files = (
            zoo.publish_systems(arguments.name, only, **edition)
            if only
            else zoo.publish(arguments.name)
        )
        made = [str(path) for path in files]
        _say(arguments, made, made)
        return 0
    if arguments.name is not None:
        raise ValueError(f"`oneshot zoo {arguments.what}` is of all entries, not one")
    found = zoo.verify() if arguments.what == "verify" else zoo.entries()
    lines = [
        f"{e.name:34} {e.system:20} {e.dataset:10} {e.preset:7} {e.parameters or '':>10} "
        + (f"{e.hours:5.2f} h" if e.hours else "")
        for e in found
    ]
    lines += [f"{len(found)} files are whole"] if arguments.what == "verify" else []
    _say(arguments, [asdict(entry) for entry in found], lines)
    return 0


def _draw(arguments: argparse.Namespace) -> int:
    from oneshot import own

    settings = {
        "system": arguments.system,
        "dataset": arguments.dataset,
        "guidance": arguments.guidance,
        "steps": arguments.steps,
        "seed": arguments.seed,
        "weights": arguments.weights,
    }
    exemplars = own.read(arguments.picture)
    found = own.draw(exemplars, variations=arguments.variations, **settings)
    files = own.write(found, arguments.output, settings) if arguments.output else []
    lines = [
        f"{one.name:24} originality {one.mean('originality'):.2f}  known among twenty "
        f"{one.mean('known'):4.0%}  ({len(one.scores)} variations)"
        for one in found
    ]
    lines += [f"{files[0].parent if len(files) > 1 else file} is written" for file in files[:1]]
    document = settings | {
        "drawings": [one.to_json() for one in found],
        "files": [str(file) for file in files],
    }
    _say(arguments, document, lines)
    return 0


def _export(arguments: argparse.Namespace) -> int:
    from oneshot import export

    system, dataset, preset = arguments.system, arguments.dataset, arguments.preset
    folder = arguments.output or Path(f"{system}-{dataset}".replace(":", "-").replace("/", "-"))
    apart = export.export_model(system, dataset, folder, preset, arguments.weights)
    if arguments.critics:
        apart |= export.export_critics(dataset, folder, preset, arguments.weights)
    rows = [
        {"file": str(file), "bytes": file.stat().st_size, "from_torch": apart.get(file.stem)}
        for file in sorted(folder.iterdir())
        if file.suffix == ".onnx" or file.name in ("model.json", "critics.json", "rivals")
    ]
    lines = [
        f"{row['file']:40} {row['bytes'] / 1e6:8.2f} MB"
        + ("" if row["from_torch"] is None else f"  {row['from_torch']:.1e} from torch in float32")
        for row in rows
    ]
    _say(arguments, rows, lines)
    return 0


def _bench(arguments: argparse.Namespace) -> int:
    from oneshot import bench

    rows = bench.rows(arguments.only)
    lines = [
        f"{r['name']:50} ours {r['ours_s']:9.4f} s  plain {r['plain_s']:9.4f} s  "
        f"{r['ratio']:6.1f} x (target {r['target']:g} x)"
        for r in rows
    ]
    _say(arguments, rows, lines)
    return 0


PARTS = (
    "drawings",
    "originality_critic",
    "concepts",
    "recognition_critic",
    "second_critic",
    "autoencoder",
    "latent_diffusion",
)
RESULTS = ("framework", "beyond", "guidance", "speed", "concepts", "warp", "failures", "transfer")
SLOTS = ("study", "systems", "paper")
SIZES = ("smoke", "draft", "laptop", "paper")


def _say(arguments: argparse.Namespace, document: Any, lines: list[str]) -> None:
    """Print the document as JSON when that is asked for, else the lines for a person."""
    if arguments.json:
        print(json.dumps(_finite(document), indent=2, default=str, allow_nan=False))
    else:
        print(*lines, sep="\n")


def _finite(value: Any) -> Any:
    """Return JSON values with null for numbers that JSON does not have: NaN and infinities."""
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("oneshot", description="Experiments on one-shot drawing.")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    data = _command(commands, "data", _data, "list, fetch, describe or verify data sets")
    data.add_argument("what", choices=("list", "fetch", "info", "verify"))
    data.add_argument(
        "dataset", nargs="?", help="glyphs, omniglot, quickdraw[:1, :2] or folder:PATH"
    )
    data.add_argument(
        "--per-category", type=int, default=4000, help="of Quick, Draw!; 0: all, 23 GB"
    )
    data.add_argument("--mirror", default="", help="another address of the files")

    make = _command(commands, "make", _make, "make one artefact, and all it is made from")
    parts = ", ".join((*PARTS, "listing"))
    make.add_argument("what", help=f"a system, regularizers such as barlow:30, or one of {parts}")
    make.add_argument(
        "--variant", action="append", default=[], metavar="name=value", help="beta=2, set_size=10"
    )
    _sized(make)

    score = _command(commands, "score", _score, "score the drawings of a system, or human ones")
    score.add_argument("system", help="human, ldm, ...")
    score.add_argument("--critics", choices=("own", "vit", "released"), default="own")
    score.add_argument("--guidance", type=float, default=None, help="strength gamma; 0 is none")
    _sized(score)

    results = _command(commands, "results", _results, "score what is trained into data/results")
    results.add_argument("table", choices=RESULTS)
    results.add_argument("--dataset", action="append", default=[], help="only of this one")
    results.add_argument("--system", action="append", default=[], help="only this one, and humans")
    results.add_argument("--preset", choices=SIZES, default="laptop")

    run = _command(commands, "run", _run, "execute a notebook with checked parameters", False)
    run.add_argument("notebook", type=Path)
    run.add_argument("-p", "--parameter", action="append", default=[], metavar="name=value")
    run.add_argument("-o", "--output", type=Path, help="where the executed notebook goes")

    sweep = _command(commands, "sweep", _sweep, "make what a grid of runs misses", False)
    sweep.add_argument(
        "file",
        type=Path,
        help="a YAML file, such as those in data/sweeps; or, with --minutes, what to work on: "
        "systems (size laptop), paper (published sizes), study (what each change does)",
    )
    sweep.add_argument("--minutes", type=float, help="time box; the same command goes on from it")
    sweep.add_argument("--only", action="append", default=[], help="only this system, or trial")
    sweep.add_argument("--dataset", action="append", default=[], help="only of this one")
    sweep.add_argument("--device", default="", help="where to train; default: the best there is")
    sweep.add_argument("--scheduler", default="", help="address of a Dask scheduler")
    sweep.add_argument("--workers", type=int, default=0, help="processes here; 0: one a core")
    sweep.add_argument("--dry-run", action="store_true", help="only print the table")

    _command(
        commands, "book", _book, "execute the notebooks that changed and build the book", False
    )

    zoo = _command(commands, "zoo", _zoo, "list, show, verify, publish or shrink shipped weights")
    zoo.add_argument("what", choices=("list", "show", "verify", "publish", "shrink"))
    zoo.add_argument("name", nargs="?", help="of an entry, or of a data set to publish")
    zoo.add_argument("--only", action="append", default=[], help="publish only this system")
    zoo.add_argument("--edition", type=int, help="of recipes, with --only; default: that of pages")

    draw = _command(commands, "draw", _draw, "vary drawings of your own, and judge what comes out")
    draw.add_argument("picture", nargs="+", help="an image, strokes, or - for standard input")
    draw.add_argument("-n", "--variations", type=int, default=16, help="of each picture")
    draw.add_argument("--system", default="ldm", help="a trained model: ldm, cfgdm, ...")
    draw.add_argument("--dataset", default="quickdraw", help="what it was trained on")
    draw.add_argument("--guidance", type=float, default=None, help="strength gamma; 0 is none")
    draw.add_argument("--steps", type=int, default=None, help="of a drawing by a diffusion model")
    draw.add_argument("--seed", type=int, default=0, help="of the noise")
    draw.add_argument(
        "--weights",
        choices=("float32", "float16", "int8"),
        default="float32",
        help="int8: as the book carries them",
    )
    draw.add_argument("-o", "--output", type=Path, help="sheet.png, out.svg, out.json or a folder")

    export = _command(commands, "export", _export, "write the networks of a system as ONNX files")
    export.add_argument("system", help="a diffusion model: ldm, cfgdm or ddpm")
    export.add_argument("--weights", choices=("float32", "float16", "int8"), default="float32")
    export.add_argument("--critics", action="store_true", help="and the critics of its data set")
    export.add_argument("-o", "--output", type=Path, help="the folder; default SYSTEM-DATASET")
    _sized(export)

    bench = _command(commands, "bench", _bench, "time ours against plain versions")
    bench.add_argument("--only", default="", help="only benchmarks whose file has this in its name")
    return parser


def _command(
    commands: Any, name: str, function: Callable, about: str, as_json: bool = True
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=about, description=about[0].upper() + about[1:] + ".")
    parser.set_defaults(command=function)
    if as_json:
        parser.add_argument("--json", action="store_true", help="print one JSON document")
    return parser


def _sized(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dataset", default="glyphs", help="glyphs, omniglot, quickdraw[:1, :2], folder:PATH"
    )
    parser.add_argument("--preset", choices=SIZES, default="laptop")
