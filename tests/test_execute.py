"""Strict papermill refuses what papermill lets through, and leaves nothing half-done."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import papermill
import pytest
from pages import NOTEBOOKS
from papermill.exceptions import PapermillExecutionError

from oneshot import execute
from oneshot.diffusion.guidance import STRONGEST
from oneshot.execute import PageError, ParameterError
from oneshot.parameters import check_cells

CHECK = "from oneshot.parameters import check_page\n\ncheck_page()"
DECLARED = """\
# What can be asked
dataset: str = "glyphs"  # glyphs | omniglot | folder:*: whose drawings
guidance: list[float] = [0.0, 1.0]  # 0..100: strengths
seed: int = 0  # 0..
eta: float = 0.5  # 0 is deterministic
quick: bool = False
limit: int | None = None"""


def page(path, *cells, declared=DECLARED):
    tagged = nbformat.v4.new_code_cell(declared, metadata={"tags": ["parameters"]})
    code = [nbformat.v4.new_code_cell(cell) for cell in cells]
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    node = nbformat.v4.new_notebook(cells=[tagged, *code], metadata={"kernelspec": kernel})
    path.write_text(nbformat.writes(node))
    return path


@pytest.fixture
def declared(tmp_path):
    return page(tmp_path / "page.ipynb")


def test_the_tagged_cell_gives_names_types_help_and_choices(declared):
    known = execute.parameters(declared)
    assert list(known) == ["dataset", "guidance", "seed", "eta", "quick", "limit"]
    assert known["dataset"].choices == ("glyphs", "omniglot", "folder:*")
    assert known["dataset"].help == "whose drawings"
    assert (known["guidance"].type, known["guidance"].default) == ("list[float]", [0.0, 1.0])
    assert (known["guidance"].least, known["guidance"].most) == (0.0, 100.0)
    assert str(known["guidance"]) == "guidance: list[float] from 0 to 100 = [0.0, 1.0]  # strengths"
    assert str(known["seed"]) == "seed: int from 0 = 0"
    assert str(known["eta"]) == "eta: float = 0.5  # 0 is deterministic"
    assert (
        str(known["dataset"])
        == "dataset: glyphs | omniglot | folder:* = 'glyphs'  # whose drawings"
    )


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("seed", "7", 7),
        ("seed", 7, 7),
        ("eta", "1e-3", 0.001),
        ("eta", 1, 1.0),
        ("quick", "true", True),
        ("quick", False, False),
        ("guidance", "0, 0.5,2", [0.0, 0.5, 2.0]),
        ("guidance", "[1, 2]", [1.0, 2.0]),
        ("guidance", (1, 2), [1.0, 2.0]),
        ("limit", "none", None),
        ("limit", "3", 3),
        ("dataset", "omniglot", "omniglot"),
        ("dataset", "folder:my/own", "folder:my/own"),
    ],
)
def test_values_take_the_declared_type(declared, name, value, expected):
    found = execute.check(declared, {name: value})[name]
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seed", "1.5"),
        ("seed", 1.0),
        ("seed", True),
        ("eta", "fast"),
        ("eta", "nan"),
        ("quick", "perhaps"),
        ("quick", 1),
        ("guidance", "a,b"),
        ("guidance", "[1,"),
        ("guidance", 1.0),
        ("guidance", "0,101"),
        ("guidance", "[]"),
        ("seed", -1),
        ("limit", "few"),
        ("dataset", "mnist"),
        ("dataset", 3),
    ],
)
def test_other_values_are_refused_with_the_list_of_known_parameters(declared, name, value):
    with pytest.raises(ParameterError) as error:
        execute.check(declared, {name: value})
    assert str(error.value).startswith(f"{name}={value!r}: expected {name}: ")
    assert "known parameters:\n  dataset: glyphs | omniglot" in str(error.value)


@pytest.mark.parametrize("name", ["baselines", "framework", "pixel_diffusion", "transfer"])
def test_pages_refuse_a_system_that_there_is_not(name):
    told = execute.parameters(NOTEBOOKS / f"{name}.ipynb")["systems"]
    assert told.read("ddpm,warp") == ["ddpm", "warp"]
    with pytest.raises(ParameterError, match="systems='nonsense': expected systems: human \\| ldm"):
        told.read("nonsense")


@pytest.mark.parametrize("notebook", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda file: file.stem)
def test_pages_take_the_guidance_that_models_take(notebook):
    known = execute.parameters(notebook)
    for name in {"guidance", "strengths"} & known.keys():
        assert (known[name].least, known[name].most) == (0, STRONGEST)


def test_an_unknown_name_is_refused_with_the_list_of_known_parameters(declared):
    with pytest.raises(ParameterError, match="unknown parameter 'gamma'; known") as error:
        execute.check(declared, {"gamma": "1"})
    assert "guidance: list[float]" in str(error.value)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("seed = 0", "write `name: type = default"),
        ("seed: Tensor = 0", "Tensor is not among"),
        ("seed: int = 1 + x", "must be a literal"),
        ("seed: int = 'zero'", "expected seed: int"),
    ],
)
def test_a_badly_declared_parameter_is_named(tmp_path, line, complaint):
    with pytest.raises(ParameterError, match=complaint):
        execute.parameters(page(tmp_path / "page.ipynb", declared=line))


def test_command_line_words():
    assert execute.assignments(["a=1", "b=x=y", "c="]) == {"a": "1", "b": "x=y", "c": ""}
    for words, complaint in [(["a"], "expected name=value"), (["a=1", "a=2"], "given twice")]:
        with pytest.raises(ParameterError, match=complaint):
            execute.assignments(words)


def test_a_page_runs_with_its_parameters_and_signs_itself(tmp_path):
    source = page(tmp_path / "page.ipynb", "import sys; print(sys.executable, seed, dataset, eta)")
    output = execute.run(source, tmp_path / "deep" / "out.ipynb", seed="3", dataset="omniglot")
    node = nbformat.read(output, as_version=4)
    printed = [c.outputs[0].text for c in node.cells if c.cell_type == "code" and c.outputs]
    assert printed == [f"{sys.executable} 3 omniglot 0.5\n"]
    record = node.metadata.oneshot
    assert record.parameters.seed == 3 and record.parameters.eta == 0.5
    assert record.seconds > 0 and record.commit and record.versions.torch and record.device
    assert "seed=3" in node.cells[-1].source and record.commit in node.cells[-1].source
    assert str(tmp_path) not in json.dumps(node.metadata)
    assert [p.name for p in output.parent.iterdir()] == ["out.ipynb"]


def test_progress_bars_leave_nothing_on_the_page_and_other_widgets_stay(tmp_path):
    bars = "from tqdm.auto import tqdm\nsum(tqdm(range(3))) + sum(tqdm(range(2), leave=False))"
    slider = "import ipywidgets as w\nw.HBox([w.IntSlider(7)])"
    source = page(tmp_path / "page.ipynb", bars, slider)
    node = nbformat.read(execute.run(source, tmp_path / "out.ipynb"), as_version=4)
    assert [output.data for output in node.cells[1].outputs] == [{"text/plain": "4"}]
    assert "application/vnd.jupyter.widget-view+json" in node.cells[2].outputs[0].data
    saved = node.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    kinds = {model["model_name"] for model in saved.values()}
    assert {"HBoxModel", "IntSliderModel"} < kinds and "FloatProgressModel" not in kinds


def test_a_failing_cell_is_named_and_nothing_is_written(tmp_path):
    source = page(tmp_path / "page.ipynb", "a = 1", "import json\njson.loads('{')")
    with pytest.raises(PageError, match="cell 3 failed with JSONDecodeError") as error:
        execute.run(source, tmp_path / "out" / "out.ipynb")
    assert "    json.loads('{')" in str(error.value)
    assert re.search(r"raised in \S+decoder.py, line \d+", str(error.value))
    assert not list(tmp_path.glob("out/*"))


def test_a_kernel_that_dies_is_reported_and_nothing_is_written(tmp_path):
    source = page(tmp_path / "page.ipynb", "import os; os._exit(1)")
    with pytest.raises(PageError, match="the kernel stopped"):
        execute.run(source, tmp_path / "out.ipynb")
    assert not (tmp_path / "out.ipynb").exists()


def test_nothing_runs_when_a_parameter_is_wrong(tmp_path):
    source = page(tmp_path / "page.ipynb", f"open({str(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(ParameterError):
        execute.run(source, tmp_path / "out.ipynb", seed="x")
    assert not (tmp_path / "ran").exists() and not (tmp_path / "out.ipynb").exists()


def test_a_file_that_is_no_notebook_is_named(tmp_path):
    (tmp_path / "broken.ipynb").write_text("{")
    for name, complaint in [("absent", "no such notebook"), ("broken", "not a notebook")]:
        with pytest.raises(PageError, match=complaint):
            execute.run(tmp_path / f"{name}.ipynb", tmp_path / "out.ipynb")


def told(node):
    """Return what the cells of an executed page printed."""
    outputs = [output for cell in node.cells for output in cell.get("outputs", [])]
    return "".join(output.text for output in outputs if output.output_type == "stream")


def feet(node):
    return [cell.source for cell in node.cells if "provenance" in cell.metadata.get("tags", [])]


def test_a_page_that_was_executed_is_executed_again_with_the_same_parameters(tmp_path):
    source = page(tmp_path / "page.ipynb", CHECK, "print(seed, dataset, guidance)")
    first = execute.run(source, tmp_path / "first.ipynb", seed=3, guidance="2", dataset="omniglot")
    again = execute.run(first, tmp_path / "again.ipynb")
    other = execute.run(again, tmp_path / "other.ipynb", seed=4)
    for file, seed in [(first, 3), (again, 3), (other, 4)]:
        node = nbformat.read(file, as_version=4)
        assert told(node) == f"{seed} omniglot [2.0]\n"
        asked = node.metadata.oneshot.parameters
        assert (asked.seed, asked.dataset, asked.guidance) == (seed, "omniglot", [2.0])
        assert len(feet(node)) == 1 and f"seed={seed}" in feet(node)[0]
        tags = [tag for cell in node.cells for tag in cell.metadata.get("tags", [])]
        assert tags == ["parameters", "injected-parameters", "provenance"]
    with pytest.raises(ParameterError, match="unknown parameter 'sed'"):
        execute.run(first, sed=4)


def test_a_page_that_papermill_executed_is_signed_with_what_papermill_injected(tmp_path):
    source = page(tmp_path / "page.ipynb", CHECK, "print(quick, limit)")
    papermill.execute_notebook(
        source, tmp_path / "first.ipynb", {"quick": "true", "limit": 2}, progress_bar=False
    )
    node = nbformat.read(execute.run(tmp_path / "first.ipynb", tmp_path / "out.ipynb"), 4)
    assert told(node) == "True 2\n"
    assert node.metadata.oneshot.parameters.quick is True
    assert "quick=True, limit=2" in feet(node)[0]


def test_a_parameter_that_was_injected_as_no_literal_is_refused(tmp_path):
    node = nbformat.read(page(tmp_path / "page.ipynb"), 4)
    cell = nbformat.v4.new_code_cell("# Parameters\neta = open('x').read()")
    cell.metadata.tags = ["injected-parameters"]
    node.cells.insert(1, cell)
    nbformat.write(node, tmp_path / "page.ipynb")
    with pytest.raises(ParameterError, match=r"eta = open.*must be literals"):
        execute.run(tmp_path / "page.ipynb", tmp_path / "out.ipynb")


def test_a_page_runs_in_this_interpreter_whatever_kernels_and_settings_a_user_has(
    tmp_path, monkeypatch
):
    foreign = tmp_path / "foreign" / "kernels" / "python3"
    foreign.mkdir(parents=True)
    spec = {"argv": ["false", "{connection_file}"], "display_name": "Other", "language": "python"}
    (foreign / "kernel.json").write_text(json.dumps(spec))
    startup = tmp_path / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "mine.py").write_text("mine = 1")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "foreign"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    before = {name: os.environ.get(name) for name in ("JUPYTER_PATH", "JUPYTER_RUNTIME_DIR")}
    source = page(tmp_path / "page.ipynb", "import sys; print(sys.executable, 'mine' in dir())")
    node = nbformat.read(execute.run(source, tmp_path / "out.ipynb"), as_version=4)
    assert told(node) == f"{sys.executable} False\n"
    assert {name: os.environ.get(name) for name in before} == before


def papermilled(notebook, **given):
    """Return what plain papermill tells of a page that it could not execute, None if it could."""
    try:
        papermill.execute_notebook(notebook, None, given, progress_bar=False)
    except PapermillExecutionError as error:
        return str(error)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"quick": "perhaps"}, "quick='perhaps': expected quick: bool = False"),
        ({"guidance": 1}, "guidance=1: expected guidance: list[float] from 0 to 100"),
        ({"guidance": [0, 101]}, "guidance=[0, 101]: expected guidance"),
        ({"dataset": "mnist"}, "dataset='mnist': expected dataset: glyphs | omniglot"),
        ({"sed": 5}, "unknown parameter 'sed'; known parameters"),
    ],
)
def test_plain_papermill_refuses_by_name(tmp_path, given, complaint):
    source = page(tmp_path / "page.ipynb", CHECK, f"open({str(tmp_path / 'ran')!r}, 'w')")
    told = papermilled(source, **given)
    assert f"ParameterError: {complaint}" in told and "Traceback" not in told
    assert not (tmp_path / "ran").exists()


def test_plain_papermill_gives_the_page_the_declared_types(tmp_path):
    source = page(tmp_path / "page.ipynb", CHECK, "print(quick, eta, guidance, seed, limit)")
    command = ["-m", "papermill", str(source), str(tmp_path / "out.ipynb")]
    given = {"quick": "false", "eta": "1", "guidance": "0,2", "seed": "5"}
    for name, value in given.items():
        command += ["-p", name, value]
    subprocess.run([sys.executable, *command], check=True, capture_output=True)
    node = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert told(node) == "False 1.0 [0.0, 2.0] 5 None\n"


def test_a_shipped_page_is_refused_by_plain_papermill():
    told = papermilled(NOTEBOOKS / "framework.ipynb", published="perhaps")
    assert "ParameterError: published='perhaps': expected published: bool = True" in told


@pytest.mark.parametrize("notebook", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda file: file.stem)
def test_every_page_checks_its_parameters_before_anything_else(notebook):
    code = [cell for cell in nbformat.read(notebook, 4).cells if cell.cell_type == "code"]
    assert code[0].metadata.tags == ["parameters"]
    assert (code[1].source, code[1].metadata.tags) == (CHECK, ["remove-cell"])


def test_cells_that_a_person_runs_again_are_checked_as_they_are_now():
    space = {"seed": "7", "eta": 1}
    cells = ["", "seed: int = 0\neta: float = 0.5\n", "# Parameters\nseed = '7'\n", "seed"]
    check_cells(space, cells)
    assert space == {"seed": 7, "eta": 1.0} and type(space["eta"]) is float
    cells += ["seed: int = 0  # ..5\n", "oops("]
    with pytest.raises(ParameterError, match="seed=7: expected seed: int to 5 = 0"):
        check_cells(space, cells)
    with pytest.raises(ParameterError, match="run the cell that is tagged `parameters`"):
        check_cells(space, ["", "seed = 5"])


def test_a_folder_is_no_place_for_a_page_and_is_refused_before_anything_runs(tmp_path):
    source = page(tmp_path / "page.ipynb", f"open({str(tmp_path / 'ran')!r}, 'w')")
    (tmp_path / "out").mkdir()
    with pytest.raises(ParameterError, match="is a folder: name the file"):
        execute.run(source, tmp_path / "out")
    assert not (tmp_path / "ran").exists()


def test_what_a_killed_run_left_is_removed_by_the_next_and_what_is_in_use_stays(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(execute.tempfile, "gettempdir", lambda: str(tmp_path))
    hold = (
        "import sys, tempfile, time; tempfile.gettempdir = lambda: sys.argv[1]\n"
        "from oneshot.execute import own_folder\n"
        "with own_folder() as folder: print(folder, flush=True); time.sleep(600)"
    )
    command = [sys.executable, "-c", hold, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        theirs = Path(running.stdout.readline().strip())
        with execute.own_folder() as ours:
            assert ours.is_dir() and theirs.is_dir() and ours != theirs
        running.kill()
    assert theirs.is_dir()
    with execute.own_folder() as ours:
        assert not theirs.exists()
    assert list(tmp_path.iterdir()) == []


def test_a_kernel_that_was_starting_when_its_run_was_killed_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(execute.tempfile, "gettempdir", lambda: str(tmp_path))
    theirs = tmp_path / "oneshot-page-0123456789abcdef"
    theirs.mkdir()
    theirs.with_suffix(".lock").touch()
    late = "import sys, time; from pathlib import Path; print(flush=True); time.sleep(15);"
    late += "Path(sys.argv[1]).parent.mkdir(); Path(sys.argv[1]).touch()"
    command = [sys.executable, "-c", late, str(theirs / "connection.json")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as kernel:
        kernel.stdout.readline()
        with execute.own_folder():
            assert not theirs.exists()
    assert list(tmp_path.iterdir()) == []


def test_a_page_runs_where_temporary_files_lie_deep(tmp_path, monkeypatch):
    """A path of a socket holds some hundred bytes; beyond, kernels are spoken to by ports."""
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    monkeypatch.setattr(execute.tempfile, "gettempdir", lambda: str(deep))
    done = execute.run(page(tmp_path / "page.ipynb", "print(6 * 7)"), tmp_path / "out.ipynb")
    assert "42" in Path(done or tmp_path / "out.ipynb").read_text()
