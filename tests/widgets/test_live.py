"""The explorer draws when its controls move, and says so in words when nobody can move them."""

import pytest
import torch
from IPython.display import Markdown
from jupyter_client.manager import start_new_kernel

from oneshot.widgets import live


class Recorder:
    """Draws pages as dark as the guidance, and remembers what it was asked."""

    def __init__(self):
        self.asked = []

    def draw(self, exemplars, variations, *, guidance, seed, concepts):
        self.asked.append((guidance, seed, concepts, tuple(exemplars.shape)))
        return torch.full((1, variations, 1, 8, 8), guidance / 2)


@pytest.fixture
def explorer(monkeypatch):
    monkeypatch.setattr(live, "has_reader", lambda: True)
    model = Recorder()
    return model, live.guidance_explorer(model, torch.zeros(3, 1, 8, 8), ["a", "b", "c"])


def test_it_draws_anew_when_a_control_moves(explorer):
    model, box = explorer
    guidance, concept, picture, (again, _) = *box.children[:3], box.children[3].children
    pictures = [bytes(picture.value)]
    guidance.value = 2.0
    pictures.append(bytes(picture.value))
    concept.value = 2
    again.click()
    assert [asked[:3] for asked in model.asked] == [
        (1.0, 0, [0]),
        (2.0, 0, [0]),
        (2.0, 0, [2]),
        (2.0, 1, [2]),
    ]
    assert {asked[3] for asked in model.asked} == {(1, 1, 8, 8)}
    assert pictures[0].startswith(b"\x89PNG") and pictures[0] != pictures[1]


def test_without_a_reader_there_is_a_sentence_and_nothing_is_drawn():
    model = Recorder()
    shown = live.guidance_explorer(model, torch.zeros(3, 1, 8, 8))
    assert isinstance(shown, Markdown) and "JupyterLab" in shown.data
    assert model.asked == []


def test_without_a_model_or_exemplars_there_is_a_sentence():
    for model, exemplars in ((None, torch.zeros(3, 1, 8, 8)), (Recorder(), None)):
        shown = live.guidance_explorer(model, exemplars, ["a", "b", "c"])
        assert isinstance(shown, Markdown) and "Drawing live takes" in shown.data


def test_names_must_match_the_exemplars():
    with pytest.raises(ValueError, match="2 names for 3 exemplars"):
        live.guidance_explorer(Recorder(), torch.zeros(3, 1, 8, 8), ["a", "b"])


def test_a_cell_run_by_a_notebook_interface_has_a_reader_and_one_run_by_papermill_has_not():
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        code = "from oneshot.widgets import live; print(live.has_reader())"
        answers = []
        for metadata in ({}, {"cellId": "7"}):
            message = client.session.msg("execute_request", {"code": code, "silent": False})
            message["metadata"] = metadata
            client.shell_channel.send(message)
            answers.append(_printed(client, message["header"]["msg_id"]))
        assert answers == ["False\n", "True\n"]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def _printed(client, request: str) -> str:
    text = ""
    while True:
        message = client.get_iopub_msg(timeout=60)
        if message["parent_header"].get("msg_id") != request:
            continue
        if message["msg_type"] == "stream":
            text += message["content"]["text"]
        if message["msg_type"] == "error":
            raise AssertionError(message["content"]["evalue"])
        if message["content"].get("execution_state") == "idle":
            return text
