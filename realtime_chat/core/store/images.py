"""Pictures that were shown in a talk: copies beside its log, `ID.image-HASH.png`, found again by what is in them."""

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256

from realtime_chat.core.errors import InvalidArguments, LogWriteFailed
from realtime_chat.core.events import ImageRef
from realtime_chat.core.images import KeptImage, Picture, image_of
from realtime_chat.core.messages import Image
from realtime_chat.core.store.folder import Folder

_FILE = re.compile(r"image-[0-9a-f]{16}\.(png|jpg)")
_ENDINGS = {"image/png": "png", "image/jpeg": "jpg"}


class ImageShelf:
    """Of all sessions of a folder. Blocks for as long as the disk takes."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def keep(self, session_id: str, picture: Picture) -> KeptImage:
        """Copy it beside the log (0600). Raises InvalidArguments for an id that is none, LogWriteFailed."""
        image = picture.image
        file = f"image-{_mark(image.data)}.{_ENDINGS[image.media_type]}"
        ref = ImageRef(name=picture.name, media_type=image.media_type, size=len(image.data), file=file)
        if self.load(session_id, ref) is None:
            self._write(session_id, file, image.data)
        return KeptImage(ref=ref, image=image)

    def load(self, session_id: str, ref: ImageRef) -> Image | None:
        """The picture; None when it is gone, or another than it was. A log may hold any name: it is checked first."""
        if _FILE.fullmatch(ref.file) is None:
            return None
        try:
            data = self._folder.path(session_id, f".{ref.file}").read_bytes()
            return image_of(data) if _mark(data) in ref.file else None
        except (OSError, InvalidArguments):
            return None

    def copy(self, session_id: str, other: str, refs: Iterable[ImageRef]) -> None:
        """Those of a session beside another one's log, too; what is gone stays so. Raises LogWriteFailed."""
        for ref in refs:
            if (image := self.load(session_id, ref)) is not None:
                self._write(other, ref.file, image.data)

    def _write(self, session_id: str, file: str, data: bytes) -> None:
        path = self._folder.path(session_id, f".{file}")
        try:
            with suppress(FileNotFoundError):
                path.unlink()
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as out:
                out.write(data)
        except OSError as error:
            raise LogWriteFailed(
                f"The picture cannot be kept beside the session ({error.strerror}); make room on the disk."
            ) from error


def _mark(data: bytes) -> str:
    return sha256(data).hexdigest()[:16]
