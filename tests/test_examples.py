"""The Python examples of the README, CONTRIBUTING.md and the API page run as they stand."""

import re
from functools import partial
from pathlib import Path

import pytest

import oneshot
from oneshot import device, store
from oneshot.evaluations import table
from oneshot.store import Store

HERE = Path(__file__).resolve().parent.parent
EXAMPLES = [
    (page, number, code)
    for page in ("README.md", "CONTRIBUTING.md", "book/api.md")
    for number, code in enumerate(
        re.findall(r"```python\n(.*?)```", (HERE / page).read_text(), re.S)
    )
]


def test_there_are_examples():
    assert {page for page, *_ in EXAMPLES} == {"README.md", "CONTRIBUTING.md", "book/api.md"}


@pytest.mark.parametrize("where", [str(found) for found in device.present()])
@pytest.mark.parametrize(
    ("page", "number", "code"), EXAMPLES, ids=[f"{p}-{n}" for p, n, _ in EXAMPLES]
)
def test_an_example_runs(judges, tmp_path, monkeypatch, capsys, page, number, code, where):
    monkeypatch.setattr(store, "_default", Store(judges.runs.parent, judges.zoo, where))
    monkeypatch.setattr(table, "cache", lambda store=None: tmp_path / table.NAME)
    # the protocol is the same at the smallest size
    monkeypatch.setattr(oneshot, "compare", partial(oneshot.compare, size="smoke"), raising=False)
    exec(compile(code, f"{page}, example {number}", "exec"), {"__name__": "__main__"})
    assert capsys.readouterr().out.strip()
