"""A credential in memory, held so that it does not show by accident."""

import copy
import hmac
from typing import NoReturn, SupportsIndex

from bithuman.core.secrets import check_secret
from bithuman.errors import TokenValidationError


class Secret:
    """An api-secret or a runtime token. `reveal()` is the only way to its text.

    It does not show in `repr`, `str`, `format`, `vars` or `dataclasses.asdict`, and cannot be pickled.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself. Keep it out of local variables: a traceback can show those."""
        return self._text

    def scrub(self, text: str) -> str:
        """`text` without this credential, should it stand in there."""
        return text.replace(self._text, "***") if self._text else text

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __repr__(self) -> str:
        return "Secret(***)"

    def __copy__(self) -> "Secret":
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> "Secret":
        return copy.copy(self)

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("A credential is not pickled.")


def well_formed_secret(text: "str | Secret") -> Secret:
    """Hold an api-secret that is well formed. White space around it, as a paste brings it, is dropped.

    Raises:
        TokenValidationError: it is malformed. Nobody was asked.
    """
    held = text if isinstance(text, Secret) else Secret(text.strip())
    del text
    problem = _malformation(held)
    if problem is not None:
        raise problem
    return held


def well_formed_token(text: "str | Secret") -> Secret:
    """Hold a runtime token that has the shape of one (JWS compact, RFC 7515, section 3.1).

    Raises:
        TokenValidationError: it has not.
    """
    held = text if isinstance(text, Secret) else Secret(text.strip())
    del text
    parts = held.reveal().count(".") + 1
    if parts != 3:
        raise TokenValidationError(
            "This is not a runtime token: it has no three parts with dots between them.",
            cure="Pass the `token` of a /v1/runtime-tokens/request answer, or an api-secret as api_secret.",
        )
    return held


def _malformation(held: Secret) -> TokenValidationError | None:
    # A new error, because the frames of the one that was caught have the text in their variables.
    try:
        check_secret(held.reveal())
    except TokenValidationError as error:
        return TokenValidationError(error.message, cure=error.cure)
    return None
