"""Models that the built book carries, as scripts: a page opened from disk may load nothing else.

`engine.js` holds onnxruntime-web and the code that draws with it, `engine-webgpu.js` a build that
also runs on a graphics processor, for browsers where there is one and WebAssembly can wait for it.
`ldm-omniglot.js` and its like hold the networks of a system, `critics-omniglot.js` what judges.
A script calls `oneshotCarry(name, letters, ...)`, where letters hold a gzipped list of parts.
"""

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

import numpy as np
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
RUNTIMES = {
    "engine": ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm"),
    "engine-webgpu": ("ort.jspi.bundle.min.mjs", "ort-wasm-simd-threaded.jspi.wasm"),
}
"""Files of onnxruntime-web: what WebAssembly runs alone, and what a graphics processor helps to."""
FIRST = 0x3400
"""The letter of fifteen zeros; no script has to escape it, nor the 32,767 after it."""


def carry_engines(folder: Path, runtime: Path) -> None:
    """Write `engine.js` and its like into `folder`, from onnxruntime-web's files in `runtime`."""
    source = worker()
    with _locked(folder):
        for name, files in RUNTIMES.items():
            script, binary = ((runtime / file).read_bytes() for file in files)
            key = hashlib.sha256(b"".join([script, binary, source.encode(), _code()])).hexdigest()
            if not _current(folder, name, key):
                _write(folder, name, key, {"ort.mjs": script, "ort.wasm": binary}, source)


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
    """Return named parts as letters: a JSON table of places, then the parts, gzipped."""
    table, at = {}, 0
    for name, part in parts.items():
        table[name] = [at, len(part)]
        at += len(part)
    head = json.dumps(table).encode()
    whole = len(head).to_bytes(4, "little") + head + b"".join(parts.values())
    return letters(gzip.compress(whole, 9, mtime=0))


def letters(data: bytes) -> str:
    """Return the number of bytes, in 32 bits, and the bytes as letters of 15 bits each.

    A script is text. In UTF-16 a letter takes 16 bits, so it is a fifteenth longer than the bytes;
    in base64 it would be a third longer.
    """
    bits = np.unpackbits(np.frombuffer(len(data).to_bytes(4) + data, np.uint8))
    bits = np.pad(bits, (0, -len(bits) % 15)).reshape(-1, 15)
    values = np.packbits(np.pad(bits, ((0, 0), (1, 0)))).view(">u2")
    return (values + FIRST).astype("<u2").tobytes().decode("utf-16-le")


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_suffix(".lock")):
        yield


def _exported(folder: Path, name: str, key: str, made: Callable) -> None:
    """Export into a script, unless it is there from the same recipe and the same exporter."""
    key = f"{key} {hashlib.sha256(_code()).hexdigest()}"
    if _current(folder, name, key):
        return
    print(f"exporting {name} for the browser", file=sys.stderr)
    with tempfile.TemporaryDirectory() as work:
        made(folder=Path(work))
        parts = {file.name: file.read_bytes() for file in sorted(Path(work).iterdir())}
    _write(folder, name, key, parts)


def _code() -> bytes:
    """Return the source of what writes files."""
    return b"".join(Path(m).read_bytes() for m in (export.__file__, onnx_files.__file__, __file__))


def _current(folder: Path, name: str, key: str) -> bool:
    stamp = folder / f".{name}.key"
    return (folder / f"{name}.js").exists() and stamp.exists() and stamp.read_text() == key


def _write(folder: Path, name: str, key: str, parts: Mapping[str, bytes], *more: str) -> None:
    words = (json.dumps(word, ensure_ascii=False) for word in (name, packed(parts), *more))
    text = f"\ufeffoneshotCarry({', '.join(words)});\n"  # the mark says that it is UTF-16
    write_atomic(folder / f"{name}.js", text.encode("utf-16-le"))
    (folder / f".{name}.key").write_text(key)
