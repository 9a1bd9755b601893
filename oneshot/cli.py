"""The command line: `oneshot data | draw | make | score | export | run | sweep | book | ...`.

It parses words and calls the package; the work is done elsewhere. With `--json`, standard output is
one JSON document and nothing else; progress goes to standard error.
"""

import argparse
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from oneshot.commands.output import say
from oneshot.commands.results import results as _results
from oneshot.commands.results import score as _score
from oneshot.commands.zoo import zoo as _zoo


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
        rows = registry.overview()
        say(arguments, rows, [f"{r['name']:10} {_there(r)}  {r['about']}" for r in rows])
        return 0
    if dataset is None:
        raise ValueError(f"say of which dataset: oneshot data {what} DATASET")
    if what == "info":
        about = registry.info(dataset)
        say(arguments, about, [f"{name:10} {value}" for name, value in about.items()])
        return 0 if about["there"] else 1
    if what == "fetch":
        done = registry.fetch(dataset, arguments.per_category, arguments.mirror)
        say(arguments, done, done)
        return 0
    findings = list(registry.verify(dataset))
    marks = {True: "ok ", False: "BAD"}
    say(
        arguments,
        [vars(finding) for finding in findings],
        [f"{marks[finding.ok]} {finding.file}: {finding.state}" for finding in findings],
    )
    return 0 if all(finding.ok for finding in findings) else 1


def _there(row: dict[str, Any]) -> str:
    return f"{row['concepts']:5} concepts" if row["there"] else "not here yet  "


def _make(arguments: argparse.Namespace) -> int:
    from oneshot import execute, store, systems
    from oneshot.evaluations.evaluate import varied
    from oneshot.recipes import listing, presets
    from oneshot.recipes.base import reseeded

    if arguments.what == "listing":
        path = str(listing.make(arguments.dataset, store.default()))
        say(arguments, {"what": "listing", "path": path}, [f"listing is in {path}"])
        return 0
    if arguments.what in PARTS:
        recipe = getattr(presets, arguments.what)(arguments.dataset, arguments.preset)
    else:
        named = systems.named_model if ":" in arguments.what else systems.recipe
        recipe = named(arguments.what, arguments.dataset, arguments.preset)
    if recipe.ephemeral:
        raise ValueError(f"{arguments.what} learns nothing, so there is nothing to make: score it")
    recipe = varied(recipe, execute.assignments(arguments.variant, "--variant"))
    if arguments.seed is not None:
        recipe = reseeded(recipe, arguments.seed)
    store.get(recipe)
    metadata = store.metadata(recipe)
    about = {
        "what": arguments.what,
        "key": recipe.key,
        "path": str(store.default().find(recipe)),
        "seconds": metadata["provenance"]["seconds"],
    }
    say(arguments, about, [f"{about['what']} is in {about['path']}"])
    return 0


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
    from oneshot.sweep.cluster import main as sweep

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


def _draw(arguments: argparse.Namespace) -> int:
    from oneshot import own

    settings = {
        "system": arguments.system,
        "dataset": arguments.dataset or own.usual_dataset(arguments.system),
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
    say(arguments, document, lines)
    return 0


def _export(arguments: argparse.Namespace) -> int:
    from oneshot import export

    system, dataset, size = arguments.system, arguments.dataset, arguments.preset
    folder = arguments.output or Path(f"{system}-{dataset}".replace(":", "-").replace("/", "-"))
    apart = export.export_model(system, dataset, folder, size, arguments.weights)
    if arguments.critics:
        apart |= export.export_critics(dataset, folder, size, arguments.weights)
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
    say(arguments, rows, lines)
    return 0


def _bench(arguments: argparse.Namespace) -> int:
    from oneshot import bench

    rows = bench.rows(arguments.only)
    lines = [
        f"{r['name']:50} ours {r['ours_s']:9.4f} s  plain {r['plain_s']:9.4f} s  "
        f"{r['ratio']:6.1f} x (target {r['target']:g} x)"
        for r in rows
    ]
    say(arguments, rows, lines)
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
CRITICS = ("own", "vit", "released", "seed", "thin", "bold", "half")
RESULTS = (
    "framework",
    "beyond",
    "guidance",
    "speed",
    "sensitivity",
    "seeds",
    "concepts",
    "warp",
    "spread",
    "failures",
    "times",
    "transfer",
    "transfer-validation",
)
SLOTS = ("study", "systems", "paper")
SIZES = ("smoke", "draft", "laptop", "paper")


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
    make.add_argument("--seed", type=int, help="of its training; default: that of its recipe")
    _sized(make)

    score = _command(commands, "score", _score, "score the drawings of a system, or human ones")
    score.add_argument("system", help="human, ldm, ...")
    score.add_argument("--critics", choices=CRITICS, default="own")
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
    draw.add_argument(
        "--dataset",
        default="",
        help="what it learned; default: any, all of them, of ldm, omniglot of vae-elastic, and "
        "quickdraw of others",
    )
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
