"""Names for what a connection makes; unique within it, at most 32 characters as the protocol wants."""

import itertools


class Ids:
    """Makes ids like `item_3f9c0a12_7`; `seed` keeps the ids of two connections apart."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._numbers = itertools.count(1)

    def new(self, prefix: str) -> str:
        return f"{prefix}_{self._seed}_{next(self._numbers):x}"
