"""Numbers and captions for what notebooks show, and the data behind it as files.

A code cell that shows pictures or widgets says in its metadata what they are:

    "figure": {"name": "plane", "caption": "What is seen.", "paper": "boutin2023, figure 2"}

One caption is for all that the cell shows. Outputs that carry rows (`oneshot.widgets.rows`) get a
link to them as CSV and JSON; plots that carry themselves with panels beneath each other
(`oneshot.widgets.canvas`) are shown so on phones.
"""

import csv
import json
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

VIEW = "application/vnd.jupyter.widget-view+json"
PICTURES = {"image/svg+xml", "image/png"}
EMPHASIS = re.compile(r"\*([^*]+)\*")
DATA = "_static/data"
NARROW, PHONE = "oneshot-narrow", "(max-width: 600px)"
log = logging.getLogger(__name__)


def cells(doctree: nodes.document) -> Iterator[tuple[nodes.container, nodes.container]]:
    """Yield each code cell that has outputs, and what holds these."""
    for cell in doctree.findall(nodes.container):
        if cell.get("nb_element") == "cell_code" and "remove-cell" not in tags(cell):
            for part in cell.children:
                if part.get("nb_element") == "cell_code_output":
                    yield cell, part


def tags(cell: nodes.container) -> list[str]:
    """Return the tags of a cell."""
    return cell["cell_metadata"].get("tags", [])


def pictured(output: nodes.Node) -> bool:
    """Return whether an output is a picture, a widget, or the still picture of one."""
    views = (part.get("mime_type") == VIEW for part in output.findall(nodes.container))
    stills = ("oneshot-still" in part.astext() for part in output.findall(nodes.raw))
    return any(output.findall(nodes.image)) or any(views) or any(stills)


def written(caption: str) -> Iterator[nodes.Node]:
    """Yield a caption as nodes, with *emphasis*."""
    for number, part in enumerate(EMPHASIS.split(caption)):
        yield nodes.emphasis(part, part) if number % 2 else nodes.Text(part)


def data_of(notebook: dict, number: int) -> Iterator[tuple[str, dict]]:
    """Yield what each output of a cell is, and its data: `columns`, and `rows` of values."""
    for output in notebook["cells"][number].get("outputs", []):
        if data := output.get("metadata", {}).get("oneshot"):
            yield "figure" if shown_as_picture(output["data"]) else "table", data


def shown_as_picture(data: dict) -> bool:
    """Return whether an output is a picture or the still picture of a widget, and no table."""
    html = "".join(data.get("text/html", ""))
    return bool(PICTURES & data.keys()) or "oneshot-still" in html


def caption(app: Sphinx, doctree: nodes.document) -> None:
    """Put what each cell shows into a figure with a number, and link the data of all outputs."""
    page = app.env.docname
    source = Path(app.env.doc2path(page))
    files = _files(app.env).setdefault(page, {})
    files.clear()
    if source.suffix != ".ipynb":
        return
    notebook = json.loads(source.read_text(encoding="utf-8"))
    for cell, outputs in cells(doctree):
        told = cell["cell_metadata"].get("figure", {})
        stem = f"{source.stem}-{told.get('name', cell['cell_index'])}"
        links = []
        for kind, data in data_of(notebook, cell["cell_index"]):
            name = f"{stem}-{kind}"
            name = f"{name}-{len(links) // 2 + 1}" if name in files else name
            files[name] = data
            links += [link(page, f"{name}.csv", f"Data of the {kind} (CSV)")]
            links += [link(page, f"{name}.json", "JSON", f"Data of the {kind} (JSON)")]
        figure = framed(outputs, told, stem)
        if figure:
            files |= narrowed(figure, notebook["cells"][cell["cell_index"]], stem, page)
        place = figure[-1] if figure else nodes.paragraph(classes=["data"])
        place += [nodes.raw("", f" {html}", format="html") for html in links]
        if links and not figure:
            outputs += place


def framed(outputs: nodes.container, told: dict, identifier: str) -> nodes.figure | None:
    """Put the pictures among the outputs, and what stands between them, into a figure."""
    shown = [k for k, output in enumerate(outputs.children) if pictured(output)]
    if not shown or any(outputs.findall(nodes.figure)):
        return None
    if not told:
        log.warning(
            "a figure without a caption: give the cell `figure` with `name` and `caption` in its "
            "metadata",
            location=outputs,
        )
        return None
    first, last = shown[0], shown[-1] + 1
    figure = nodes.figure("", *outputs.children[first:last], ids=[nodes.make_id(identifier)])
    figure["paper"] = told.get("paper", "")
    for image in figure.findall(nodes.image):
        image.setdefault("alt", told["caption"].replace("*", ""))
    figure += nodes.caption("", "", *written(told["caption"]))
    outputs[first:last] = [figure]
    return figure


def narrowed(figure: nodes.figure, cell: dict, stem: str, page: str) -> dict[str, str]:
    """Let phones show what plots carry for them; return these pictures by the names of files."""
    outputs = [one for one in cell["outputs"] if PICTURES & one.get("data", {}).keys()]
    found = {}
    for number, (image, output) in enumerate(
        zip(list(figure.findall(nodes.image)), outputs, strict=True), 1
    ):
        if picture := output["metadata"].get(NARROW):
            name = f"{stem}-narrow-{number}.svg"
            source = f'<source media="{PHONE}" srcset="{escape(address(page, name))}">'
            place = image.parent.index(image)
            image.parent.insert(place + 1, nodes.raw("", "</picture>", format="html"))
            image.parent.insert(place, nodes.raw("", f"<picture>{source}", format="html"))
            found[name] = picture
    return found


def address(page: str, name: str) -> str:
    """Return where a file of data lies, from a page."""
    return "../" * page.count("/") + f"{DATA}/{name}"


def link(page: str, name: str, words: str, spoken: str = "") -> str:
    """Return a link from a page to one of its files of data; `spoken` says more than its words."""
    label = f' aria-label="{spoken}"' if spoken else ""
    return f'<a class="data" download href="{escape(address(page, name))}"{label}>{words}</a>'


def write(app: Sphinx, error: Exception | None) -> None:
    """Write the files of data beside the pages."""
    if error is not None or app.builder.format != "html":
        return
    folder = Path(app.outdir) / DATA
    folder.mkdir(parents=True, exist_ok=True)
    for files in _files(app.env).values():
        for name, data in files.items():
            if isinstance(data, str):
                (folder / name).write_text(data, "utf-8")
                continue
            with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows([data["columns"], *data["rows"]])
            rows = [dict(zip(data["columns"], row, strict=True)) for row in data["rows"]]
            (folder / f"{name}.json").write_text(json.dumps(rows, ensure_ascii=False), "utf-8")


def forget(app: Sphinx, env: object, page: str) -> None:
    """Forget the data of a page that is read anew or gone."""
    _files(env).pop(page, None)


def _files(env: object) -> dict[str, dict[str, dict | str]]:
    if not hasattr(env, "oneshot_data"):
        env.oneshot_data = {}
    return env.oneshot_data


def setup(app: Sphinx) -> dict:
    """Connect before parameters are moved, which does not change what cells show."""
    app.connect("doctree-read", caption, priority=400)
    app.connect("env-purge-doc", forget)
    app.connect("build-finished", write)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
