"""Numbers as the digits 0-9A-Za-z."""

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def encode(number: int, width: int) -> str:
    """Write `number` with exactly `width` digits.

    Raises:
        OverflowError: it does not fit.
    """
    digits = []
    for _ in range(width):
        number, digit = divmod(number, 62)
        digits.append(ALPHABET[digit])
    if number:
        raise OverflowError("number has more base62 digits than the width")
    return "".join(reversed(digits))
