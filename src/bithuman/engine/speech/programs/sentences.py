"""How much of a text Piper reads at once."""

from collections.abc import Iterator, Sequence

# The first clause of a longer sentence is said by itself, so that nobody waits until all of it has been read.
_LONG = 120
# A sentence may never end, and the memory that reading it takes grows with the square of its length.
_LONGEST = 250


def in_parts(sentences: Sequence[list[str]]) -> Iterator[list[str]]:
    """Sentences as they are read at once: in one piece, unless that would come late or be too much."""
    enough = _LONG
    for sentence in sentences:
        while sentence:
            size = _size(sentence, enough)
            yield sentence[:size]
            sentence, enough = sentence[size:], _LONGEST


def _size(sentence: Sequence[str], enough: int) -> int:
    """How much of a sentence to read: up to its end, to a clause's end or, in need, to a word's."""
    if len(sentence) <= enough:
        return len(sentence)
    ends = [at + 1 for at in range(1, enough) if sentence[at] == " "]
    clauses = [end for end in ends if sentence[end - 2] in ",;:"]
    if clauses:
        return clauses[-1]
    if len(sentence) <= _LONGEST:
        return len(sentence)
    return max((at + 1 for at in range(_LONGEST) if sentence[at] == " "), default=_LONGEST)
