import json
import subprocess
import sys
from functools import partial

import numpy as np
import pytest

from oneshot.drawings import quickdraw
from oneshot.drawings.errors import DataError
from oneshot.drawings.ndjson import strokes_of
from oneshot.drawings.raster import fit_square, render

from .conftest import fault_of, ndjson, record

fault = partial(fault_of, quickdraw, limit=100)


def broken(root, *lines):
    """Replace the first category by a good line and some others."""
    file = root / "simplified" / "cat.ndjson"
    file.write_text("\n".join((record("cat", 0), *lines)))
    return file


def test_names_are_the_categories_with_a_file(quickdraw_root):
    assert quickdraw.names(quickdraw_root) == ["cat", "the bus", "zebra"]


def test_only_recognised_drawings_are_taken(quickdraw_root):
    pages = list(quickdraw.pages(quickdraw_root, ["zebra", "cat"], 48, limit=100))
    assert [page.shape for page in pages] == [(4, 48, 48)] * 2
    line = json.loads(record("zebra", 1))
    strokes = [np.array(stroke).T for stroke in line["drawing"]]
    assert np.array_equal(pages[0][1], render(fit_square(strokes), 48))


def test_limit_stops_before_later_faults(quickdraw_root):
    broken(quickdraw_root, "not json")
    (pages,) = quickdraw.pages(quickdraw_root, ["cat"], 48, limit=1)
    assert len(pages) == 1


def test_a_third_column_of_times_is_left_out(tmp_path):
    file = tmp_path / "cat.ndjson"
    drawing = {"word": "cat", "recognized": True, "drawing": [[[0, 9], [1, 2], [0, 100]]]}
    file.write_text(json.dumps(drawing))
    (strokes,) = strokes_of(file)
    assert strokes[0].tolist() == [[0, 1], [9, 2]]


def test_processes_and_one_process_draw_the_same(quickdraw_root, tmp_path):
    """Run as a script without a `__main__` guard, which a worker must not run again."""
    script = tmp_path / "plain_script.py"
    script.write_text(
        "import sys\n"
        "from pathlib import Path\n"
        "import numpy as np\n"
        "from oneshot.drawings import quickdraw\n"
        "print('started')\n"
        "pages = quickdraw.pages(Path(sys.argv[1]), ['cat', 'zebra'], 48)\n"
        "np.save(sys.argv[2], np.concatenate(list(pages)))\n"
    )
    made = tmp_path / "pages.npy"
    done = subprocess.run(
        [sys.executable, script, quickdraw_root, made], capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "started\n"
    here = list(quickdraw.pages(quickdraw_root, ["cat", "zebra"], 48, limit=100))
    assert np.array_equal(np.load(made), np.concatenate(here))


def test_no_files(tmp_path):
    message = fault(tmp_path)
    assert str(tmp_path / "simplified") in message
    assert "oneshot data fetch quickdraw" in message and "ONESHOT_DATA" in message


def test_a_category_that_vanished(quickdraw_root):
    with pytest.raises(DataError, match=r"dog\.ndjson is missing; run `oneshot data fetch"):
        list(quickdraw.pages(quickdraw_root, ["dog"], 48))


@pytest.mark.parametrize(
    "line",
    [
        record("cat", 1)[:-30],
        "<html>404</html>",
        "[1, 2]",
        "17",
        '{"word": "cat", "recognized": true}',
        '{"word": "cat", "recognized": true, "drawing": [[[1, 2], [1, 2, 3]]]}',
        '{"word": "cat", "recognized": "perhaps", "drawing": [[[1, 2], [1, 2]]]}',
        '{"word": "cat", "recognized": true, "drawing": "[[[1, 2], [1, 2]]]"}',
        '{"word": "cat", "recognized": true, "drawing": ' + "[" * 100_000,
        '{"word": "cat", "recognized": true, "drawing": [[[NaN], [1]]]}',
        '{"word": "cat", "recognized": true, "drawing": [[[1, "a"], [1, 2]]]}',
        '{"word": "cat", "recognized": true, "drawing": 3}',
    ],
)
def test_a_line_that_is_no_drawing(quickdraw_root, line):
    file = broken(quickdraw_root, line, record("cat", 2))
    message = fault(quickdraw_root)
    assert message.startswith(f"{file}: line 2 is not a drawing (")
    assert "delete" not in message


def test_bytes_that_are_no_text(quickdraw_root):
    file = quickdraw_root / "simplified" / "cat.ndjson"
    file.write_bytes(b"\x1f\x8b\x08\x00\xff\xfe")
    assert fault(quickdraw_root).startswith(f"{file}: line 1 is not a drawing")


def test_a_mislabelled_file(quickdraw_root):
    ndjson(quickdraw_root / "simplified" / "cat.ndjson", word="dog")
    message = fault(quickdraw_root)
    assert "line 1 is a drawing of 'dog', expected 'cat'; the file is mislabelled" in message


def test_a_file_without_recognised_drawings(quickdraw_root):
    file = quickdraw_root / "simplified" / "cat.ndjson"
    file.write_text(record("cat", 0, recognised=False) + "\n")
    assert "holds no recognised drawing" in fault(quickdraw_root)
    file.write_text("")
    assert "holds no recognised drawing" in fault(quickdraw_root)


def test_the_real_files_are_read(real_data):
    root = real_data / "quickdraw"
    assert len(quickdraw.names(root)) == 345
    (pages,) = quickdraw.pages(root, ["The Eiffel Tower"], 48, limit=30)
    assert pages.shape == (30, 48, 48)
    assert 0.02 < pages.mean() / 255 < 0.3
