"""Strict papermill: the parameters of a notebook are checked before anything runs.

A notebook says what it can be asked in one cell tagged `parameters`, a line each:

    dataset: str = "glyphs"  # glyphs | omniglot | folder:*: whose drawings
    guidance: list[float] = [0.0, 1.0, 2.0]  # 0..100: strengths to compare

The annotation is the type, the comment the help; before it may be the choices, words with bars
between them of which `*` stands for anything, or the range that numbers keep to, of which an end
may be left out. A list that has items by default needs some.
Plain `papermill` runs the same notebook; it only checks less.
"""

import ast
import contextlib
import hashlib
import io
import json
import logging
import math
import os
import re
import shutil
import tempfile
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from time import perf_counter

import nbformat
from nbformat import NotebookNode

_SCALARS = ("int", "float", "str", "bool")
# The kernel of this very environment, whatever `python3` kernel the user has installed; and no
# progress bars in it, for nobody sees them move.
_KERNEL = {"JUPYTER_PREFER_ENV_PATH": "1", "TQDM_DISABLE": "1"}
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_CHOICES = re.compile(r"(\S+(?: \| \S+)+?)(?:: +(.*))?")
_RANGE = re.compile(r"(-?\d+(?:\.\d+)?)?\.\.(-?\d+(?:\.\d+)?)?(?:: +(.*))?")


class ParameterError(ValueError):
    """A parameter is unknown or of the wrong type, or the notebook declares it badly."""


class PageError(RuntimeError):
    """A notebook could not be run to its end; the message says where and why."""


@dataclass(frozen=True)
class Parameter:
    """One line of the cell tagged `parameters`."""

    name: str
    type: str
    default: object
    help: str = ""
    choices: tuple[str, ...] = ()
    least: float = -math.inf
    most: float = math.inf

    def __str__(self) -> str:
        kind = " | ".join(self.choices) or self.type
        within = f" from {self.least:g}" if math.isfinite(self.least) else ""
        within += f" to {self.most:g}" if math.isfinite(self.most) else ""
        about = f"  # {self.help}" if self.help else ""
        return f"{self.name}: {kind}{within} = {self.default!r}{about}"

    def read(self, value: object) -> object:
        """Return `value`, text from a command line or a Python value, in the declared type.

        Raises ParameterError when it is not of that type, not among the choices or out of range,
        and for an empty list where the default has items.
        """
        kinds = [kind.strip() for kind in self.type.split("|")]
        if "None" in kinds and (value is None or str(value).lower() in ("none", "null")):
            return None
        for kind in kinds:
            with contextlib.suppress(ValueError):
                found = _many(kind, value) if kind.startswith("list[") else _one(kind, value)
                self._check(found)
                return found
        raise ParameterError(f"{self.name}={value!r}: expected {self}")

    def _check(self, found: object) -> None:
        if found == [] and self.default:
            raise ValueError
        for item in found if isinstance(found, list) else [found]:
            if self.choices and not any(fnmatchcase(str(item), choice) for choice in self.choices):
                raise ValueError
            if isinstance(item, int | float) and not self.least <= item <= self.most:
                raise ValueError


def _one(kind: str, value: object) -> object:
    """Return `value` as a scalar of the named kind; raise ValueError when it is none."""
    if kind == "str" and isinstance(value, str):
        return value
    if kind == "bool" and str(value).lower() in _BOOLEANS and isinstance(value, bool | str):
        return _BOOLEANS[str(value).lower()]
    if kind == "int" and isinstance(value, int | str) and not isinstance(value, bool):
        return int(value)
    if kind == "float" and isinstance(value, int | float | str) and not isinstance(value, bool):
        number = float(value)
        if math.isfinite(number):
            return number
    raise ValueError


def _many(kind: str, value: object) -> list:
    """Return `value`, a sequence, JSON text or words between commas, as a list of one kind."""
    if isinstance(value, str):
        words = value.strip()
        value = json.loads(words) if words.startswith("[") else words.split(",") if words else []
    if not isinstance(value, list | tuple):
        raise ValueError
    inner = kind.removeprefix("list[").removesuffix("]")
    return [_one(inner, item.strip() if isinstance(item, str) else item) for item in value]


def parameters(notebook: str | Path | NotebookNode) -> dict[str, Parameter]:
    """Return what a notebook can be asked, by name, in the order of its `parameters` cell.

    Raises PageError when the file is no notebook, and ParameterError when a line of the cell has
    no type, an unknown type or a default that is not a literal of that type.
    """
    node = notebook if isinstance(notebook, NotebookNode) else _load(Path(notebook))
    tagged = [c for c in node.cells if "parameters" in c.metadata.get("tags", [])]
    if not tagged:
        return {}
    if len(tagged) > 1:
        raise ParameterError(f"{len(tagged)} cells are tagged `parameters`; keep one")
    source = tagged[0].source
    comments = _comments(source)
    found = {}
    for statement in ast.parse(source).body:
        text = ast.get_source_segment(source, statement)
        if not (isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)):
            raise ParameterError(f"`{text}`: write `name: type = default  # help`")
        parameter = _declared(statement, comments.get(statement.end_lineno, ""), text)
        found[parameter.name] = parameter
    return found


def _declared(statement: ast.AnnAssign, comment: str, text: str) -> Parameter:
    kind = ast.unparse(statement.annotation)
    known = {*_SCALARS, *(f"list[{scalar}]" for scalar in _SCALARS), "None"}
    if not {part.strip() for part in kind.split("|")} <= known:
        raise ParameterError(f"`{text}`: {kind} is not among {', '.join(sorted(known))}")
    try:
        default = ast.literal_eval(statement.value)
    except (ValueError, TypeError):
        raise ParameterError(f"`{text}`: the default must be a literal") from None
    about: dict = {"help": comment}
    if match := _CHOICES.fullmatch(comment):
        about = {"choices": tuple(match[1].split(" | ")), "help": match[2] or ""}
    elif match := _RANGE.fullmatch(comment):
        ends = {"least": match[1], "most": match[2]}
        about = {name: float(end) for name, end in ends.items() if end} | {"help": match[3] or ""}
    parameter = Parameter(statement.target.id, kind, default, **about)
    parameter.read(default)
    return parameter


def _comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {t.start[0]: t.string.lstrip("# ") for t in tokens if t.type == tokenize.COMMENT}


def assignments(pairs: Iterable[str], option: str = "-p") -> dict[str, str]:
    """Return {"name": "value"} of the words `name=value` of a command-line option.

    Raises ParameterError for a word without `=` and for a name given twice.
    """
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise ParameterError(f"{option} {pair}: expected name=value")
        if name in found:
            raise ParameterError(f"{option} {name}=...: given twice")
        found[name] = value
    return found


def check(notebook: str | Path | NotebookNode, values: Mapping[str, object]) -> dict[str, object]:
    """Return `values` in the types that the notebook declares.

    Raises ParameterError, with the list of known parameters, for a name it does not declare or a
    value of another type.
    """
    known = parameters(notebook)
    listing = "known parameters:\n  " + ("\n  ".join(map(str, known.values())) or "(none)")
    for name in values:
        if name not in known:
            raise ParameterError(f"unknown parameter {name!r}; {listing}")
    try:
        return {name: known[name].read(value) for name, value in values.items()}
    except ParameterError as error:
        raise ParameterError(f"{error}; {listing}") from None


def run(notebook: str | Path, output: str | Path | None = None, /, **values: object) -> Path:
    """Execute a notebook with checked parameters and return where the executed one is.

    Without `output` it goes to `runs/<notebook>-<key of the values>.ipynb` of the current folder.
    The file appears whole or not at all. Its metadata, and a line at its foot, say which commit,
    versions and device made it, in how many seconds and with which parameters.
    Raises ParameterError before anything runs, and PageError naming the cell that failed.
    """
    notebook = Path(notebook)
    node = _load(notebook)
    given = check(node, values)
    output = Path(output) if output else _default_output(notebook, given)
    if output.is_dir():
        raise ParameterError(f"{output} is a folder: name the file that the page is to go to")
    known = {name: parameter.default for name, parameter in parameters(node).items()}
    output.parent.mkdir(parents=True, exist_ok=True)
    start = perf_counter()
    executed = _execute(notebook, given)
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
        return nbformat.read(notebook, as_version=4)
    except FileNotFoundError:
        raise PageError(f"{notebook}: no such notebook") from None
    except Exception as error:
        raise PageError(f"{notebook}: not a notebook that can be read ({error})") from None


def _execute(notebook: Path, given: Mapping[str, object]) -> NotebookNode:
    # papermill takes most of a second to import; checking parameters should not wait for it.
    import papermill
    from papermill.exceptions import PapermillExecutionError
    from traitlets.config import Config

    sockets = tempfile.mkdtemp(prefix="oneshot-")
    # Sockets of the file system, where there are some: no open port, no warning about one. In a
    # folder of their own, because kernels that start at once elsewhere pick the same names.
    transport = {"transport": "ipc", "ip": f"{sockets}/k"} if os.name == "posix" else {}
    logging.getLogger("papermill").setLevel(logging.WARNING)
    # A kernel is interrupted before it is shut down, and must not report that as an error.
    quiet = {"extra_arguments": [f"--IPKernelApp.log_level={logging.CRITICAL}"]}
    try:
        with environment(_KERNEL):
            return papermill.execute_notebook(
                str(notebook),
                None,
                dict(given),
                kernel_name="python3",
                language="python",
                progress_bar={"desc": notebook.stem, "disable": None},
                config=Config({"KernelManager": transport, "NotebookClient": quiet}),
            )
    except PapermillExecutionError as error:
        raise PageError(_explain(notebook, error)) from None
    except RuntimeError as error:
        raise PageError(f"{notebook}: the kernel stopped ({error})") from None
    finally:
        shutil.rmtree(sockets, ignore_errors=True)


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


def _explain(notebook: Path, error: Exception) -> str:
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
