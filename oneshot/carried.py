"""Models that the built book carries, as scripts: a page opened from disk may load nothing else.

`engine.js` holds onnxruntime-web and the code that draws with it; `ldm-omniglot.js` and its like
hold the networks of a system, `critics-omniglot.js` those that judge. A script calls
`oneshotCarry(name, letters, ...)`, where letters are the base64 of a gzipped list of parts.

Networks run by WebAssembly and never by WebGPU: with any build of onnxruntime-web that knows
WebGPU, in place of the plain one or beside it for browsers that can suspend WebAssembly, the book
would carry more than the 25 MB that are allowed.
"""

import base64
import gzip
import hashlib
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from filelock import FileLock

from oneshot import export, onnx_files, systems
from oneshot.recipes.rivals import rivals
from oneshot.training.checkpoint import write_atomic
from oneshot.widgets.assets import bundle
from oneshot.widgets.sketchpad import MODELS

WEIGHTS = "int8"
"""How weights travel; no score on validation concepts moves by a tenth of its interval."""
EXPORT = re.compile(r"^export (?=(async )?function|const)", re.M)
WORKER = ("noise", "sampler", "engine.worker")


def carry_engine(folder: Path, runtime: Path) -> None:
    """Write `engine.js` into `folder` from the files of onnxruntime-web in `runtime`."""
    parts = {
        "ort.mjs": (runtime / "ort.wasm.bundle.min.mjs").read_bytes(),
        "ort.wasm": (runtime / "ort-wasm-simd-threaded.wasm").read_bytes(),
    }
    source = worker()
    key = hashlib.sha256(b"".join([*parts.values(), source.encode()])).hexdigest()
    with _locked(folder):
        if not _current(folder, "engine", key):
            _write(folder, "engine", key, parts, source)


def carry_models(folder: Path) -> None:
    """Write the networks of the pad's models and their critics into `folder`.

    What is there and made from the same is left as it is.
    """
    with _locked(folder):
        for one in MODELS:
            key = systems.recipe(one.system, one.dataset).key
            model = partial(export.export_model, one.system, one.dataset, weights=WEIGHTS)
            _exported(folder, one.name, key, model)
        for dataset in dict.fromkeys(one.judges for one in MODELS):
            critics = partial(export.export_critics, dataset, weights=WEIGHTS)
            _exported(folder, f"critics-{dataset}", rivals(dataset).key, critics)


def worker() -> str:
    """Return the source of the worker that draws.

    It is no module: browsers refuse workers that are modules to pages opened from disk.
    """
    return EXPORT.sub("", bundle(*WORKER))


def packed(parts: Mapping[str, bytes]) -> str:
    """Return named parts as letters: a JSON table of places, the parts, gzipped, in base64."""
    table, at = {}, 0
    for name, part in parts.items():
        table[name] = [at, len(part)]
        at += len(part)
    head = json.dumps(table).encode()
    whole = len(head).to_bytes(4, "little") + head + b"".join(parts.values())
    return base64.b64encode(gzip.compress(whole, 9, mtime=0)).decode()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_suffix(".lock")):
        yield


def _exported(folder: Path, name: str, key: str, made: Callable) -> None:
    """Export into a script, unless it is there from the same recipe and the same exporter."""
    code = b"".join(Path(m).read_bytes() for m in (export.__file__, onnx_files.__file__, __file__))
    key = f"{key} {hashlib.sha256(code).hexdigest()}"
    if _current(folder, name, key):
        return
    print(f"exporting {name} for the browser", file=sys.stderr)
    with tempfile.TemporaryDirectory() as work:
        made(folder=Path(work))
        parts = {file.name: file.read_bytes() for file in sorted(Path(work).iterdir())}
    _write(folder, name, key, parts)


def _current(folder: Path, name: str, key: str) -> bool:
    stamp = folder / f".{name}.key"
    return (folder / f"{name}.js").exists() and stamp.exists() and stamp.read_text() == key


def _write(folder: Path, name: str, key: str, parts: Mapping[str, bytes], *more: str) -> None:
    words = ", ".join(json.dumps(word) for word in (name, packed(parts), *more))
    write_atomic(folder / f"{name}.js", f"oneshotCarry({words});\n".encode())
    (folder / f".{name}.key").write_text(key)
