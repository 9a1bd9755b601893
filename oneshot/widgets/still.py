"""The picture that holds the place of a widget until it is there, or where scripts do not run."""

import base64
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from IPython.display import HTML
from PIL import Image

from oneshot.widgets import sheets
from oneshot.widgets.rows import Rows


class Still(Rows, HTML):
    """A picture in HTML, with the rows of numbers that its widget shows."""


def still(
    image: Image.Image, caption: str, key: str, rows: Iterable[Mapping[str, Any]] = ()
) -> Still:
    """Return a picture with its caption; the widget whose `still` is the key takes it away.

    `rows` are the numbers that the widget goes through, by column.
    """
    data = base64.b64encode(sheets.png(image)).decode()
    told = escape(caption)
    picture = f'<img alt="{told}" src="data:image/png;base64,{data}">'
    attributes = f'class="oneshot-still" data-widget="{key}"'
    made = Still(f"<figure {attributes}>{picture}<figcaption>{told}</figcaption></figure>")
    for row in rows:
        made.note(**row)
    return made
