"""Which words of an answer were heard, by how much of its sound left the speaker."""


def heard_text(text: str, *, played_ms: int, produced_ms: int) -> str:
    """The beginning of `text` that `played_ms` of `produced_ms` cover, cut at the last whole word.

    Proportional: a provider tells no word times. Never more than was played: rounds down.
    """
    if played_ms <= 0 or not text:
        return ""
    if produced_ms <= 0 or played_ms >= produced_ms:
        return text
    end = len(text) * played_ms // produced_ms
    if end < len(text) and not text[end].isspace():
        end = max(text.rfind(" ", 0, end), text.rfind("\n", 0, end), 0)
    return text[:end].rstrip()
