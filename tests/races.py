"""Two processes at one store, and processes killed while they make something.

Run with a case and a folder; fails with a traceback when the store does. The parent uses no
tensors, so that forking it is safe, and children wait for each other by pipes.
"""

import logging
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch

from oneshot.recipes.base import Made, Recipe
from oneshot.store import Store

tell, told = None, None
"""Ends of pipes: a child tells its parent that it got somewhere, and is told to go on."""


def pause(word: str) -> None:
    """Tell the parent a word, and wait for its answer."""
    os.write(tell, word.encode() + b"\n")
    os.read(told, 1)


@dataclass(frozen=True)
class Slow(Recipe):
    """A recipe that notes each beginning and end of its making."""

    wait: ClassVar = True
    size: int = 3

    def make(self, store, work):
        with (store.runs / "notes").open("a") as notes:
            notes.write(f"resumed {(work / 'half').exists()}\n")
        (work / "half").touch()
        if Slow.wait:
            pause("making")
        return Made({"numbers": torch.arange(self.size)}, {"by": os.getpid()})

    def load(self, store, artefact):
        return artefact.card["by"], artefact.tensors["numbers"].tolist()


class Child:
    """A forked process that runs a function and can be heard, answered and killed."""

    def __init__(self, function, *arguments):
        global tell, told
        heard, tell_end = os.pipe()
        told_end, self.answer = os.pipe()
        self.heard = os.fdopen(heard)
        self.pid = os.fork()
        if self.pid == 0:
            tell, told = tell_end, told_end
            torch.set_num_threads(1)
            function(*arguments)
            os._exit(0)
        os.close(tell_end), os.close(told_end)

    def hear(self, word: str) -> None:
        assert self.heard.readline() == word + "\n"

    def go_on(self) -> None:
        os.write(self.answer, b".")

    def end(self) -> int:
        return os.waitpid(self.pid, 0)[1]

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        assert os.WTERMSIG(self.end()) == signal.SIGKILL


def ask(folder: Path, wait: bool = True) -> None:
    """Get the artefact, and write down what came back."""

    class Waiting(logging.Handler):
        def emit(self, record):
            if record.getMessage().startswith("waiting for another process"):
                os.write(tell, b"waiting\n")

    Slow.wait = wait
    logging.getLogger("oneshot").addHandler(Waiting())
    logging.getLogger("oneshot").setLevel("INFO")
    by, numbers = Store(folder).get(Slow())
    assert numbers == [0, 1, 2]
    (folder / f"got-{os.getpid()}").write_text(str(by))


def notes(folder: Path) -> list[str]:
    return (folder / "runs" / "notes").read_text().splitlines()


def artefacts(folder: Path) -> list[str]:
    return sorted(p.suffix for p in (folder / "runs" / "Slow").iterdir())


def two_ask_at_once(folder: Path) -> None:
    first = Child(ask, folder)
    first.hear("making")
    second = Child(ask, folder)
    second.hear("waiting")
    first.go_on()
    assert first.end() == second.end() == 0
    assert notes(folder) == ["resumed False"]
    for child in (first, second):
        assert (folder / f"got-{child.pid}").read_text() == str(first.pid)
    assert artefacts(folder) == [".lock", ".safetensors"]


def killed_while_making(folder: Path) -> None:
    first = Child(ask, folder)
    first.hear("making")
    second = Child(ask, folder, False)
    second.hear("waiting")
    first.kill()
    assert second.end() == 0
    assert notes(folder) == ["resumed False", "resumed True"]
    assert (folder / f"got-{second.pid}").read_text() == str(second.pid)
    assert artefacts(folder) == [".lock", ".safetensors"]


def killed_while_writing(folder: Path) -> None:
    def ask_and_stop_in_writing():
        os.fsync = lambda _: pause("writing")
        ask(folder, wait=False)

    first = Child(ask_and_stop_in_writing)
    first.hear("writing")
    first.kill()
    left = list((folder / "runs" / "Slow").iterdir())
    assert len(left) == 3 and not any(p.suffix == ".safetensors" for p in left), left
    second = Child(ask, folder, False)
    assert second.end() == 0
    assert notes(folder) == ["resumed False", "resumed True"]
    assert artefacts(folder) == [".lock", ".safetensors"]


if __name__ == "__main__":
    for number, case in enumerate((two_ask_at_once, killed_while_making, killed_while_writing)):
        place = Path(sys.argv[1]) / str(number)
        (place / "runs").mkdir(parents=True)
        case(place)
        print(case.__name__)
