"""Every error that the platform raises, as one tree.

A message says what happened; `cure` says what to do next. A program catches a class, a person reads `str(error)`, which
holds both. Errors carry what was learned (`reason`, `code`, `retry_after_s`), so that nobody parses a sentence.
"""


class BithumanError(Exception):
    """Something that the platform refuses or cannot do."""

    def __init__(self, message: str, *, cure: str = "") -> None:
        self.message = message
        self.cure = cure
        super().__init__(f"{message} {cure}".strip())


class ConfigurationError(BithumanError):
    """A setting is missing, malformed, or contradicts another."""


class BackupError(BithumanError):
    """A backup cannot be made, is no good, or cannot be restored."""


class TokenError(BithumanError):
    """A credential or a runtime token is not good."""


class TokenValidationError(TokenError):
    """A secret or a token is malformed, forged, or meant for something else. Decided without asking the server."""


class TokenAnswerError(TokenError):
    """The service was asked for a token and gave none.

    `http_status` and `code` are the service's answer, or None where it gave none: that is an outage, `retryable`.
    """

    def __init__(
        self,
        message: str,
        *,
        cure: str = "",
        http_status: int | None = None,
        code: str | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, cure=cure)
        self.http_status = http_status
        self.code = code
        self.retry_after_s = retry_after_s

    @property
    def retryable(self) -> bool:
        """Whether the same request may succeed later without anybody changing anything."""
        return self.http_status is None or self.http_status == 429 or self.http_status >= 500


class TokenRequestError(TokenAnswerError):
    """The secret is not good, or there was no answer (`retryable`)."""


class TokenExpiredError(TokenAnswerError):
    """The service holds the runtime token for past its time (401), and there is no api-secret to get another one."""


class AccountStatusError(TokenAnswerError):
    """The account may not have a token now: no credits (402), suspended, or its plan is full (403)."""


class PortraitError(BithumanError):
    """A picture cannot be made into an avatar."""


class ModelError(BithumanError):
    """An avatar model cannot be used."""


class ModelNotFoundError(ModelError):
    """There is no such file."""


class ModelLoadError(ModelError):
    """The file is there but is not an avatar that this version can open."""


class ModelSecurityError(ModelError):
    """The file is built to do harm, or was changed after it was made."""


class RuntimeNotReadyError(BithumanError):
    """The runtime was asked for something in a state in which it cannot do it."""


class MediaError(BithumanError):
    """A sound or a video cannot be read, made or written."""


class SpeechError(BithumanError):
    """Text cannot be turned into speech here."""
