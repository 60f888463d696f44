"""What one connection leaves to the next: the handle under which the service keeps the talk."""


class Resumption:
    """One for all connections of a run, in turn. A handle serves only while nothing was said since it was given:
    an older one would make the service forget the last of the talk, which our own log still knows.
    """

    def __init__(self) -> None:
        self._handle: str | None = None
        self._whole = False

    @property
    def handle(self) -> str | None:
        """What the next connection may go on with; None: it has to be told of the talk."""
        return self._handle if self._whole else None

    def keep(self, handle: str, *, whole: bool) -> None:
        """The service gave a handle; `whole`: all that was said is behind it."""
        self._handle, self._whole = handle, whole

    def outdate(self) -> None:
        """Something was said that is not behind it."""
        self._whole = False

    def forget(self) -> None:
        """The service does not want it."""
        self._handle, self._whole = None, False
