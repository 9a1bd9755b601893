"""How long a drawing takes: the ways of drawing of a figure are timed in one run, to compare."""

from dataclasses import replace

from oneshot.evaluations import collect, measure, table
from oneshot.evaluations.record import Record
from oneshot.progress import tqdm
from oneshot.recipes.presets import options as asked
from oneshot.recipes.results import Samples
from oneshot.store import Store, default
from oneshot.training.precision import Precision, probe_drawing


def again(dataset: str, size: str = "laptop", store: Store | None = None) -> list[Record]:
    """Time all ways of drawing of a data set's records of "speed" anew, and keep that in them.

    Times of other days, machines or precisions do not compare, so all are timed, in the precision
    that is faster here for the model; nothing is scored. Returns the records, as they are now.
    Raises ValueError where there are none, or a model is neither trained nor ships.
    """
    home = store or default()
    file = table.place(dataset, size, store=home)
    known = [record for record in table.read(file) if "milliseconds" in record.drawing]
    ways = [(one, one.drawn) for one in collect.plan("speed", dataset, size)]
    pairs = [
        (drawn, record)
        for one, drawn in ways
        for record in known
        if isinstance(drawn, Samples) and one.of(record)
    ]
    if not pairs:
        raise ValueError(
            f"no drawings of {dataset} have been timed yet: oneshot results speed --dataset "
            f"{dataset} scores and times them"
        )
    precisions: dict[str, Precision] = {}
    found = []
    for drawn, record in tqdm(pairs, desc="timing", unit="way"):
        if not home.find(drawn.model):
            raise ValueError(
                f"{record.system} of {dataset} neither ships nor is trained here; train it by "
                f"`oneshot make {record.system} {asked(dataset, size)}`"
            )
        model, options = home.get(drawn.model), drawn.options

        def draw(tried: Precision, model=model, options=options) -> object:
            return measure.draw_noise(model, options, tried, home.device)

        if record.system not in precisions:
            precisions[record.system] = probe_drawing(draw)
        timed = measure.time_drawing(model, options, precisions[record.system], home.device)
        found.append(replace(record, drawing=record.drawing | timed))
    table.add(found, file)
    return found
