"""The picture that holds the place of a widget until it is there, or where scripts do not run."""

import base64
from html import escape

from IPython.display import HTML
from PIL import Image

from oneshot.widgets import sheets


def still(image: Image.Image, caption: str, key: str) -> HTML:
    """Return a picture with its caption; the widget whose `still` is the key takes it away."""
    data = base64.b64encode(sheets.png(image)).decode()
    told = escape(caption)
    picture = f'<img alt="{told}" src="data:image/png;base64,{data}">'
    attributes = f'class="oneshot-still" data-widget="{key}"'
    return HTML(f"<figure {attributes}>{picture}<figcaption>{told}</figcaption></figure>")
