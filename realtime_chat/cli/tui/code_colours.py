"""Code in colours. Loaded with the first closed fence of a talk: Pygments costs a tenth of a second."""

from functools import lru_cache

from rich.style import Style
from rich.syntax import Syntax
from rich.text import Text

DARK, LIGHT = "github-dark", "xcode"


# The block that an answer ends with is drawn anew for every frame until the next block begins.
@lru_cache(maxsize=16)
def coloured(code: str, language: str, *, dark: bool) -> Text:
    """The code, printable already, in the colours of its language; plain where nobody knows it. Do not change it."""
    text = Syntax(code, language, theme=DARK if dark else LIGHT).highlight(code)
    text.rstrip()
    plain = Text(text.plain, end="")
    for span in text.spans:
        if isinstance(span.style, Style):
            style = Style(color=span.style.color, bold=span.style.bold, italic=span.style.italic)
            plain.stylize(style, span.start, span.end)  # the ground is the theme's, not the highlighter's
    return plain
