"""Strict papermill: the parameters of a notebook are checked before anything runs.

`oneshot.parameters` says how a notebook declares them. Plain `papermill` runs the same notebook,
which checks them itself; it only signs nothing.
"""

import contextlib
import hashlib
import json
import logging
import os
import re
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

import nbformat
from filelock import FileLock, Timeout
from nbformat import NotebookNode

from oneshot.parameters import Parameter, ParameterError, checked, declared, injected
from oneshot.progress import TERMINAL

_KERNEL = "python3"
_FOLDER = "oneshot-page-"
_LONGEST = 100  # bytes of a socket's path; systems take 104 at least, with what is added to it
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class PageError(RuntimeError):
    """A notebook could not be run to its end; the message says where and why."""


def _transport(folder: Path) -> dict[str, str]:
    """Return how a kernel is spoken to: by sockets in a folder; by ports where its path is long."""
    place = f"{folder}/k"
    if os.name != "posix" or len(os.fsencode(place)) > _LONGEST:
        return {}
    return {"transport": "ipc", "ip": place}


def parameters(notebook: str | Path | NotebookNode) -> dict[str, Parameter]:
    """Return what a notebook can be asked, by name, in the order of its `parameters` cell.

    Raises PageError when the file is no notebook, and ParameterError when a line of the cell has
    no type, an unknown type or a default that is not a literal of that type.
    """
    node = notebook if isinstance(notebook, NotebookNode) else _load(Path(notebook))
    tagged = _tagged(node, "parameters")
    if not tagged:
        return {}
    if len(tagged) > 1:
        raise ParameterError(f"{len(tagged)} cells are tagged `parameters`; keep one")
    return declared(tagged[0].source)


def assignments(pairs: Iterable[str], option: str = "-p") -> dict[str, str]:
    """Return {"name": "value"} of the words `name=value` of a command-line option.

    Raises ParameterError for a word without `=` and for a name given twice.
    """
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise ParameterError(f"{option} {pair:.200}: expected name=value")
        if name in found:
            raise ParameterError(f"{option} {name:.200}=...: given twice")
        found[name] = value
    return found


def check(notebook: str | Path | NotebookNode, values: Mapping[str, object]) -> dict[str, object]:
    """Return `values` in the types that the notebook declares.

    Raises ParameterError, with the list of known parameters, for a name it does not declare or a
    value of another type.
    """
    return checked(parameters(notebook), values)


def run(notebook: str | Path, output: str | Path | None = None, /, **values: object) -> Path:
    """Execute a notebook with checked parameters and return where the executed one is.

    Without `output` it goes to `runs/<notebook>-<key of the values>.ipynb` of the current folder.
    The file appears whole or not at all. Its metadata, and a line at its foot, say which commit,
    versions and device made it, in how many seconds and with which parameters. A notebook that was
    executed before keeps the parameters it was executed with, except those in `values`.
    Raises ParameterError before anything runs, and PageError naming the cell that failed.
    """
    notebook = Path(notebook)
    node = _load(notebook)
    given = check(node, _take_back(node) | values)
    output = Path(output) if output else _default_output(notebook, given)
    if output.is_dir():
        raise ParameterError(f"{output} is a folder: name the file that the page is to go to")
    known = {name: parameter.default for name, parameter in parameters(node).items()}
    output.parent.mkdir(parents=True, exist_ok=True)
    start = perf_counter()
    executed = _execute(notebook, node, given)
    seconds = round(perf_counter() - start, 1)
    # torch takes seconds to import; refusing a wrong parameter should not wait for it.
    from oneshot import store
    from oneshot.training.checkpoint import write_atomic

    record = store.describe_run(store.default().device)
    record |= {"seconds": seconds, "parameters": known | given}
    _drop_progress(executed)
    _sign(executed, record)
    write_atomic(output, nbformat.writes(executed).encode())
    return output


def _default_output(notebook: Path, given: Mapping[str, object]) -> Path:
    key = hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()[:8]
    return Path("runs") / (f"{notebook.stem}-{key}.ipynb" if given else notebook.name)


def _load(notebook: Path) -> NotebookNode:
    try:
        node = nbformat.read(notebook, as_version=4)
        nbformat.validate(node)
    except FileNotFoundError:
        raise PageError(f"{notebook}: no such notebook") from None
    except Exception as error:
        told = (str(error) or type(error).__name__).splitlines()[0][:200]
        raise PageError(f"{notebook}: not a notebook that can be read ({told})") from None
    return node


def _take_back(node: NotebookNode) -> dict[str, object]:
    """Take out of a notebook what executing it put there; return the parameters it had."""
    given: dict[str, object] = {}
    for cell in _tagged(node, "injected-parameters"):
        given |= injected(cell.source)
    for cell in [*_tagged(node, "injected-parameters"), *_tagged(node, "provenance")]:
        node.cells.remove(cell)
    for name in ("oneshot", "papermill", "widgets"):
        node.metadata.pop(name, None)
    return given


def _tagged(node: NotebookNode, tag: str) -> list[NotebookNode]:
    return [cell for cell in node.cells if tag in cell.metadata.get("tags", [])]


def _execute(notebook: Path, node: NotebookNode, given: Mapping[str, object]) -> NotebookNode:
    # papermill takes most of a second to import; checking parameters should not wait for it.
    import papermill
    from papermill.exceptions import PapermillExecutionError
    from traitlets.config import Config

    logging.getLogger("papermill").setLevel(logging.WARNING)
    # A kernel is interrupted before it is shut down, and must not report that as an error.
    quiet = {"extra_arguments": [f"--IPKernelApp.log_level={logging.CRITICAL}"]}
    try:
        with own_folder() as folder, environment(_at_home(folder)):
            # Sockets of the file system, where there are some: no open port, no warning about one.
            transport = _transport(folder)
            manager = {"connection_file": f"{folder}/connection.json", **transport}
            return papermill.execute_notebook(
                node,
                None,
                dict(given),
                kernel_name=_KERNEL,
                language="python",
                progress_bar={"desc": notebook.stem, "disable": None},  # pyright: ignore
                config=Config({"KernelManager": manager, "NotebookClient": quiet}),
            )
    except PapermillExecutionError as error:
        raise PageError(_explain(notebook, error)) from None
    except RuntimeError as error:
        raise PageError(f"{notebook}: the kernel stopped ({error})") from None


@contextlib.contextmanager
def own_folder() -> Iterator[Path]:
    """Make a folder for what a kernel needs, and remove it and those that killed runs left.

    A kernel that was starting when its run was killed is ended first: it would make its own anew.
    Kernels that start at once in the same folder would pick the same names for their sockets.
    """
    for left in Path(tempfile.gettempdir()).glob(f"{_FOLDER}*.lock"):
        with contextlib.suppress(Timeout, OSError), FileLock(left, timeout=0):
            _end_kernels(left.with_suffix(""))
            shutil.rmtree(left.with_suffix(""), ignore_errors=True)
            left.unlink()
    folder = Path(tempfile.gettempdir()) / f"{_FOLDER}{secrets.token_hex(8)}"
    lock = folder.with_suffix(".lock")
    with FileLock(lock):
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            with contextlib.suppress(OSError):
                lock.unlink()


def _end_kernels(folder: Path) -> None:
    """End the kernels of a run that is no more."""
    import psutil  # which every kernel needs, and nothing else here

    for process in psutil.process_iter(["cmdline"]):
        if any(str(folder) in word for word in process.info["cmdline"] or []):
            with contextlib.suppress(psutil.Error):
                process.kill()
                process.wait(10)


def _at_home(folder: Path) -> dict[str, str]:
    """Return the environment of a kernel that is this very interpreter and keeps to a folder.

    Nothing that a user has installed or configured for other kernels gets in its way. Its progress
    bars are seen in this terminal, if this is one, and never in the page, where they do not move.
    """
    spec = folder / "kernels" / _KERNEL / "kernel.json"
    spec.parent.mkdir(parents=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec.write_text(json.dumps({"argv": command, "display_name": _KERNEL, "language": "python"}))
    others = os.environ.get("JUPYTER_PATH")
    return {
        "JUPYTER_PATH": os.pathsep.join([str(folder), *([others] if others else [])]),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "IPYTHONDIR": str(folder / "ipython"),
        "TMPDIR": str(folder),
        "TQDM_DISABLE": "1",
        TERMINAL: os.environ.get(TERMINAL, _terminal()),
    }


def _terminal() -> str:
    """Return the path of the terminal that shows our errors, "" where that is none."""
    with contextlib.suppress(OSError, ValueError, AttributeError):  # Windows has no such paths
        return os.ttyname(sys.stderr.fileno())
    return ""


@contextlib.contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for a while; a kernel started then inherits them."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _explain(notebook: Path, error: Any) -> str:
    cell = "\n".join(f"    {line}" for line in error.source.strip().splitlines()[:12])
    frames = re.findall(r"^File (\S+\.py):(\d+)", _COLOUR.sub("", "\n".join(error.traceback)), re.M)
    where = f"\n(raised in {frames[-1][0]}, line {frames[-1][1]})" if frames else ""
    return (
        f"{notebook}: cell {error.exec_count} failed with {error.ename}: {error.evalue}{where}\n"
        f"{cell}\n"
        f"Nothing was written. To see more, open the notebook in JupyterLab and run that cell."
    )


def _drop_progress(executed: NotebookNode) -> None:
    """Take out the progress bars, which tqdm makes of widgets, and widgets that nothing shows."""
    view, kept = "application/vnd.jupyter.widget-view+json", []
    for cell in executed.cells:
        if "outputs" in cell:
            cell.outputs = [
                output
                for output in cell.outputs
                if view not in output.get("data", {})
                or not re.search(r"\d+%\||\d+it ", output.data.get("text/plain", ""))
            ]
            kept += [o.data[view]["model_id"] for o in cell.outputs if view in o.get("data", {})]
    saved = executed.metadata.get("widgets", {}).get("application/vnd.jupyter.widget-state+json")
    if not saved:
        return
    waiting, shown = kept, set()
    # What ties two widgets together is shown by neither of them, but keeps both alive.
    waiting += [k for k, v in saved["state"].items() if "LinkModel" in v["model_name"]]
    while waiting:
        name = waiting.pop()
        if name in saved["state"] and name not in shown:
            shown.add(name)
            waiting += re.findall(r"IPY_MODEL_(\w+)", json.dumps(saved["state"][name]["state"]))
    saved["state"] = {name: saved["state"][name] for name in saved["state"] if name in shown}
    if not saved["state"]:
        del executed.metadata["widgets"]


def _sign(executed: NotebookNode, record: dict) -> None:
    executed.metadata.pop("papermill", None)
    for cell in executed.cells:
        cell.metadata.pop("papermill", None)
    executed.metadata["oneshot"] = record
    foot = f'<p class="provenance">{_sentence(record)}</p>'
    tags = {"tags": ["provenance"]}
    executed.cells.append(nbformat.v4.new_markdown_cell(foot, metadata=tags))


def _sentence(record: Mapping) -> str:
    versions, given = record["versions"], record["parameters"]
    asked = ", ".join(f"{name}={value}" for name, value in given.items())
    return (
        f"Made by oneshot {versions['oneshot']} (commit {record['commit']}) with torch "
        f"{versions['torch']} and Python {versions['python']} on {record['device']} in "
        f"{record['seconds']} s{f'; {asked}' if asked else ''}."
    )
