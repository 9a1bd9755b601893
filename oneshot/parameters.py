"""The parameters of a page: what it can be asked, and whether what it is asked can be.

A notebook declares them in one cell tagged `parameters`, a line each:

    dataset: str = "glyphs"  # {datasets} | folder:*: whose drawings
    guidance: list[float] = [0.0, 1.0, 2.0]  # 0..100: strengths to compare

The annotation is the type, the comment the help; before it may be the choices, words with bars
between them of which `*` stands for anything, the range that numbers keep to, of which an end may
be left out, or `path`: text that names a file or folder that is there, if it is not empty.
`{datasets}` among the choices stands for all known data sets, `{sizes}` for all sizes of models,
`{systems}` for all systems, `{regularizers}` for all regularizers. A list that has items by default
needs some.

The next cell calls `check_page`, so that whatever runs the page checks them: `oneshot run`, plain
papermill, or a person in JupyterLab.
"""

import ast
import contextlib
import io
import json
import math
import re
import tokenize
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

_SCALARS = ("int", "float", "str", "bool")
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_CHOICES = re.compile(r"(\S+(?: \| \S+)+?)(?:: +(.*))?")
_RANGE = re.compile(r"(-?\d+(?:\.\d+)?)?\.\.(-?\d+(?:\.\d+)?)?(?:: +(.*))?")
_PATH = "path: "
_INJECTED = "# Parameters"
"""How the cell begins that papermill puts after the one tagged `parameters`."""


class ParameterError(ValueError):
    """A parameter is unknown or of the wrong type, or the notebook declares it badly."""

    def _render_traceback_(self) -> list[str]:
        """Return what Jupyter shows: the sentence alone, for no line of the page is at fault."""
        return [f"{type(self).__name__}: {self}"]


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
    path: bool = False

    def __str__(self) -> str:
        there = "path that exists" if self.path else self.type
        kind = " | ".join(self.choices) or there
        within = f" from {self.least:g}" if math.isfinite(self.least) else ""
        within += f" to {self.most:g}" if math.isfinite(self.most) else ""
        about = f"  # {self.help}" if self.help else ""
        return f"{self.name}: {kind}{within} = {self.default!r}{about}"

    def read(self, value: object) -> object:
        """Return `value`, text from a command line or a Python value, in the declared type.

        Raises ParameterError when it is not of that type, not among the choices, out of range or
        a path where nothing is, and for an empty list where the default has items.
        """
        kinds = [kind.strip() for kind in self.type.split("|")]
        if "None" in kinds and (value is None or str(value).lower() in ("none", "null")):
            return None
        for kind in kinds:
            with contextlib.suppress(ValueError, OverflowError, RecursionError):
                found = _many(kind, value) if kind.startswith("list[") else _one(kind, value)
                self._check(found)
                return found
        raise ParameterError(f"{self.name}={_shown(value)}: expected {self}")

    def _check(self, found: object) -> None:
        if found == [] and self.default:
            raise ValueError
        if self.path and found and not _there(str(found)):
            raise ValueError
        for item in found if isinstance(found, list) else [found]:
            if self.choices and not any(fnmatchcase(str(item), choice) for choice in self.choices):
                raise ValueError
            if isinstance(item, int | float) and not self.least <= item <= self.most:
                raise ValueError


def _there(path: str) -> bool:
    """Say whether a path leads to something."""
    with contextlib.suppress(OSError, RuntimeError):
        return Path(path).expanduser().exists()
    return False


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


def declared(source: str) -> dict[str, Parameter]:
    """Return the parameters that the source of a cell declares, by name, in its order.

    Raises ParameterError when a line has no type, an unknown type or a default that is not a
    literal of that type.
    """
    try:
        body, comments = ast.parse(source).body, _comments(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError, tokenize.TokenError) as error:
        raise ParameterError(
            f"the cell of parameters is not Python ({str(error).splitlines()[0]:.80})"
        ) from None
    found = {}
    for statement in body:
        text = ast.get_source_segment(source, statement) or ""
        if not (isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)):
            raise ParameterError(
                f"`{' '.join(text.split()):.80}`: write `name: type = default  # help`"
            )
        parameter = _declared(statement, comments.get(statement.end_lineno or 0, ""), text)
        found[parameter.name] = parameter
    return found


def injected(source: str) -> dict[str, object]:
    """Return the values that a cell assigns to names, as papermill injects them.

    Raises ParameterError for a line that does not assign a literal to a name.
    """
    try:
        return {name: ast.literal_eval(value) for name, value in _assigned(source).items()}
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        raise ParameterError(
            f"`{' '.join(source.split()):.200}`: injected parameters must be literals"
        ) from None


def checked(known: Mapping[str, Parameter], values: Mapping[str, object]) -> dict[str, object]:
    """Return `values` in the types that are declared.

    Raises ParameterError, with the list of known parameters, for a name that is not declared or a
    value of another type.
    """
    listing = "known parameters:\n  " + ("\n  ".join(map(str, known.values())) or "(none)")
    for name in values:
        if name not in known:
            raise ParameterError(f"unknown parameter {_shown(name)}; {listing}")
    try:
        return {name: known[name].read(value) for name, value in values.items()}
    except ParameterError as error:
        raise ParameterError(f"{error}; {listing}") from None


def check_page() -> None:
    """Check the parameters of the page that calls this, and put them in their declared types.

    Raises ParameterError as `checked` does.
    """
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None:
        raise ParameterError("a page is checked from within: call `check_page` in a notebook")
    check_cells(shell.user_ns, shell.history_manager.input_hist_parsed)


def check_cells(space: MutableMapping[str, object], cells: Sequence[str]) -> None:
    """Check the parameters that the last declaring one of `cells` declares and `space` holds.

    `cells` are the sources that ran so far, and `space` what they left; values are put there in
    their types. A name that papermill injected and that is not declared is refused, too.
    Raises ParameterError as `checked` does.
    """
    places = [place for place, source in enumerate(cells) if _declares(source)]
    if not places:
        raise ParameterError("run the cell that is tagged `parameters` before the one after it")
    known = declared(cells[places[-1]])
    values = {name: space.get(name) for name in known}
    for source in cells[places[-1] + 1 :]:
        if source.startswith(_INJECTED):
            values |= {name: space.get(name) for name in _assigned(source)}
    space.update(checked(known, values))


def _assigned(source: str) -> dict[str, ast.expr]:
    return {
        target.id: statement.value
        for statement in ast.parse(source).body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }


def _line(text: str) -> str:
    """Return the beginning of a text on one line."""
    return f"{' '.join(text.split()):.80}"


def _shown(value: object) -> str:
    """Return a value as Python writes it, on one line that is not too long."""
    shown = repr(value)
    return shown if len(shown) <= 200 else f"{shown[:200]}..."


def _declares(source: str) -> bool:
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return False
    return bool(body) and all(isinstance(statement, ast.AnnAssign) for statement in body)


def _declared(statement: Any, comment: str, text: str) -> Parameter:
    kind = ast.unparse(statement.annotation)
    known = {*_SCALARS, *(f"list[{scalar}]" for scalar in _SCALARS), "None"}
    if not {part.strip() for part in kind.split("|")} <= known:
        raise ParameterError(
            f"`{_line(text)}`: {_line(kind)} is not among {', '.join(sorted(known))}"
        )
    try:
        default = ast.literal_eval(statement.value)
    except (ValueError, TypeError, RecursionError, MemoryError):
        raise ParameterError(f"`{_line(text)}`: the default must be a literal") from None
    for name, choices in _KNOWN.items():
        if name in comment:
            comment = comment.replace(name, " | ".join(choices()))
    about: dict = {"help": comment}
    if comment.startswith(_PATH):
        about = {"help": comment.removeprefix(_PATH), "path": True}
    elif match := _CHOICES.fullmatch(comment):
        about = {"choices": tuple(match[1].split(" | ")), "help": match[2] or ""}
    elif match := _RANGE.fullmatch(comment):
        ends = {"least": match[1], "most": match[2]}
        about = {name: float(end) for name, end in ends.items() if end} | {"help": match[3] or ""}
    parameter = Parameter(statement.target.id, kind, default, **about)
    parameter.read(default)
    return parameter


def _systems() -> list[str]:
    from oneshot import systems

    return list(systems.ALL)


def _datasets() -> list[str]:
    from oneshot.drawings.listings import LISTED
    from oneshot.drawings.sources import SOURCES

    return [*(name for name in SOURCES if name != "folder"), *LISTED]


def _sizes() -> Sequence[str]:
    from oneshot.recipes.presets import PRESETS

    return PRESETS


def _regularizers() -> list[str]:
    from oneshot.objectives.regularizers import REGULARIZERS

    return [*REGULARIZERS]


_KNOWN = {
    "{datasets}": _datasets,
    "{sizes}": _sizes,
    "{systems}": _systems,
    "{regularizers}": _regularizers,
}
"""What stands for all choices of a kind; each is asked only where it is named, torch is slow."""


def _comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {t.start[0]: t.string.lstrip("# ") for t in tokens if t.type == tokenize.COMMENT}
