"""`oneshot zoo`: the weights that ship."""

import argparse
import json
from dataclasses import asdict

from oneshot.commands.output import say


def zoo(arguments: argparse.Namespace) -> int:
    """List, show, verify, publish or shrink weights."""
    from oneshot import zoo as shipped

    if arguments.what == "show":
        if arguments.name is None:
            raise ValueError("say which entry: oneshot zoo show NAME; `oneshot zoo list` has them")
        about = shipped.show(arguments.name)
        say(arguments, about, [json.dumps(about, indent=2)])
        return 0
    if arguments.what == "shrink":
        if arguments.name is None:
            raise ValueError(
                "say which entry: oneshot zoo shrink NAME; `oneshot zoo list` has them"
            )
        from oneshot.shrinking import shrink

        moves = shrink(arguments.name)
        told = ", ".join(f"{score} by {move:.3f}" for score, move in moves.items())
        say(arguments, moves, [f"{arguments.name}, in eight bits, moves {told} of its interval"])
        return 0
    if arguments.what == "publish":
        if arguments.name is None:
            raise ValueError("say of which dataset: oneshot zoo publish DATASET")
        only = arguments.only
        edition = {"edition": arguments.edition}
        files = (
            shipped.publish_systems(arguments.name, only, **edition)
            if only
            else shipped.publish(arguments.name)
        )
        made = [str(path) for path in files]
        say(arguments, made, made)
        return 0
    if arguments.name is not None:
        raise ValueError(f"`oneshot zoo {arguments.what}` is of all entries, not one")
    found = shipped.verify() if arguments.what == "verify" else shipped.entries()
    lines = [
        f"{e.name:34} {e.system:20} {e.dataset:10} {e.preset:7} {e.parameters or '':>10} "
        + (f"{e.hours:5.2f} h" if e.hours else "")
        for e in found
    ]
    lines += [f"{len(found)} files are whole"] if arguments.what == "verify" else []
    say(arguments, [asdict(entry) for entry in found], lines)
    return 0
