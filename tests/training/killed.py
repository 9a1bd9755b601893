"""Train in child processes that are killed at random moments; compare with one that lived.

Run with a folder as the only argument. Prints the steps at which the dead stopped, and fails when
the survivor's weights differ in a bit. This process uses no tensors, so that forking it is safe.
"""

import json
import os
import random
import signal
import sys
import threading
import time
from pathlib import Path

import objectives
import torch
import torch._dynamo  # what every optimiser imports: once here instead of in each child

from oneshot.training import loop
from oneshot.training.checkpoint import read_metadata, read_tensors, write_tensors
from oneshot.training.loop import Plan
from oneshot.training.precision import Precision

STEPS, DEATHS = 40, 3
CASES = {
    "adam, averaged": (objectives.Blurry, Precision(), {"ema": 0.9, "warmup": 5}),
    "rmsprop, bf16 channels-last": (
        objectives.Blurry,
        Precision(bf16=True, channels_last=True),
        {"optimizer": "rmsprop", "clip": 0.5, "weight_decay": 0.01, "schedule": "linear"},
    ),
    "adamw, two networks in turns": (objectives.Duel, Precision(), {"optimizer": "adamw"}),
}


def child(case: str, folder: Path, seconds: float) -> int:
    """Train in a fork, killed after so many seconds (0: never), and return how it ended."""
    pid = os.fork()
    if pid:
        return os.waitpid(pid, 0)[1]
    kind, precision, options = CASES[case]
    torch.set_num_threads(1)
    loop.probe = lambda *_: precision
    if seconds:
        threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGKILL)).start()
    objective, plan = kind(), Plan(STEPS, seed=3, lr=0.01, **options)
    device = next(objective.parameters()).device
    loop.train(objective, objectives.batches, plan, folder, device, checkpoint_seconds=0)
    write_tensors(folder / "final.safetensors", objective.state_dict(), {})
    os._exit(0)


def check(case: str, folder: Path, dice: random.Random) -> list[int]:
    """Return the steps that a run had saved each time it was killed."""
    start = time.monotonic()
    assert child(case, folder / "alive", 0) == 0
    needed = time.monotonic() - start
    reached = []
    while len(reached) < DEATHS:
        if child(case, folder / "killed", dice.uniform(0.01, 0.6) * needed) == 0:
            break
        saved = folder / "killed" / "checkpoint.safetensors"
        reached.append(read_metadata(saved)["step"] if saved.exists() else -1)
    else:
        assert child(case, folder / "killed", 0) == 0
    alive, killed = (
        read_tensors(folder / name / "final.safetensors")[0] for name in ("alive", "killed")
    )
    assert alive.keys() == killed.keys()
    for name, value in alive.items():
        assert value.numpy().tobytes() == killed[name].numpy().tobytes(), f"{case}: {name} differs"
    rows = (folder / "killed" / "log.jsonl").read_text().splitlines()
    steps = [json.loads(row)["step"] for row in rows]
    assert steps == sorted(set(steps)) and steps[-1] == STEPS, f"{case}: logged {steps}"
    return reached


if __name__ == "__main__":
    dice = random.Random(int.from_bytes(os.urandom(4)))
    for number, case in enumerate(CASES):
        reached = check(case, Path(sys.argv[1]) / str(number), dice)
        print(json.dumps({"case": case, "reached": reached}))
