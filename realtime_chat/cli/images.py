"""Pictures from files, as a user names them."""

import re
from pathlib import Path

from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.images import MAX_IMAGE_BYTES, Picture, image_of
from realtime_chat.core.printable import one_line

#: A file's name in quotes, or with its blanks behind backslashes, as a terminal writes one that is dropped on it.
_FILE = re.compile(
    r"""(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>(?:\\ |\S)+))\s*(?P<rest>.*)""", re.DOTALL
)


def picture(file: str) -> Picture:
    """The picture in that file; ~ is the user's home. Raises InvalidArguments."""
    path = Path(file).expanduser()
    try:
        with path.open("rb") as source:
            data = source.read(MAX_IMAGE_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "that is no path"
        raise InvalidArguments(f"The picture {one_line(file)} cannot be read ({reason}).") from error
    return Picture(name=path.name, image=image_of(data))


def file_and_words(text: str) -> tuple[str, str]:
    """What follows /image: a file, and what is said of it. The file is "" when there is none."""
    found = _FILE.fullmatch(text.strip())
    if found is None:
        return "", ""
    file = found["double"] or found["single"] or (found["bare"] or "").replace("\\ ", " ")
    return file, found["rest"].strip()
