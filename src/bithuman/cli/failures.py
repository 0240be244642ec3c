"""What went wrong, as a person reads it and as a program parses it."""

import errno
import json
import re
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bithuman.errors import BithumanError, ConfigurationError, TokenValidationError

if TYPE_CHECKING:
    from pydantic import ValidationError

DEBUG = "--debug"
REFUSED = 1
MISUSE = 2
INTERRUPTED = 130

# What the service answers to a value that it cannot take: the person at the keyboard can correct it.
_MISUSE_CODES = frozenset({"VALIDATION_ERROR", "MISSING_PARAM"})
# What was set may be right, and the machine says no: the port is taken, a file is not there, a library is missing.
_SAID_NO = (OSError, ImportError, sqlite3.Error)
_CURES = {
    MISUSE: "Correct it, and run the command again: -h after the command shows what it takes.",
    REFUSED: "Run `bithuman doctor`: it says what is wrong here.",
}

_OS_CURE = "Check that it is there, and that you may use it."
_OS_CURES = {
    errno.ENOSPC: "Make room on that disk, and run the command again.",
    errno.EACCES: "Check its owner and its mode, or take a place where you may write.",
    errno.EROFS: "Take a place where you may write.",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """What happened, what to do next, and how the process exits.

    `code` is for programs. `usage` stands above the message where the arguments cannot be read, and `help` is a whole
    help page in place of both.
    """

    message: str
    cure: str
    code: str
    exit_code: int = REFUSED
    usage: str = ""
    help: str = ""

    @property
    def text(self) -> str:
        """What a person reads."""
        if self.help:
            return f"{self.help}\n"
        if self.usage:
            return f"{self.usage}\n{self.cure}\n\nError: {self.message}\n"
        return f"Error: {self.message}\n{self.cure}\n" if self.cure else f"Error: {self.message}\n"

    @property
    def document(self) -> str:
        """What a program parses: one line of JSON."""
        message, cure = (self.message, self.cure) if self.cure else _parts(self.message)
        error = {"message": message, "cure": cure, "code": self.code, "exit_code": self.exit_code}
        return json.dumps({"error": error}, ensure_ascii=False) + "\n"


def failure_of(error: BaseException, *, debug: bool = False) -> Failure:
    """What to say of an error, whatever raised it.

    Args:
        debug: whether its traceback was printed.
    """
    if isinstance(error, BithumanError):
        exit_code = MISUSE if _is_misuse(error) else REFUSED
        cure = error.cure or ("" if _parts(error.message)[1] else _CURES[exit_code])
        return Failure(error.message, cure, _code(error), exit_code)
    if isinstance(error, KeyboardInterrupt):
        return Failure("The command was interrupted.", "Run it again.", "INTERRUPTED", INTERRUPTED)
    if isinstance(error, OSError):
        about = f"{error.filename}: " if error.filename else ""
        message = f"{about}{error.strerror or type(error).__name__}."
        return Failure(message, _OS_CURES.get(error.errno or 0, _OS_CURE), "OS_ERROR")
    return _of_the_parser(error) or Failure(
        # Only its name: the text of an exception that nobody foresaw may hold anything.
        f"This should not have happened ({type(error).__name__}). It is a fault in bithuman, not yours.",
        "Report the traceback above." if debug else f"Run the command again with {DEBUG}, and report what it prints.",
        "INTERNAL_ERROR",
    )


def _of_the_parser(error: BaseException) -> Failure | None:
    """What the parser of the command line says, in our words where it repeats those of a library below it."""
    try:
        import typer
        from typer.exceptions import TyperException
    except ImportError:
        return None
    if isinstance(error, typer.Abort):
        return Failure("The question was not answered with yes.", "Run the command again to be asked again.", "ABORTED")
    if not isinstance(error, TyperException):
        return None
    if isinstance(error, typer.BadParameter) and error.__cause__ is not None and hasattr(error.__cause__, "errors"):
        error.message = _what_it_takes(error.__cause__)
    message = error.format_message()
    context: Any = getattr(error, "ctx", None)
    if context is None:
        return Failure(message, _CURES[MISUSE], "USAGE", MISUSE)
    if message == context.get_help():
        return Failure("A command is missing.", f"Run '{context.command_path} -h'.", "USAGE", MISUSE, help=message)
    cure = f"Try '{context.command_path} -h' for help."
    return Failure(message, cure, "USAGE", MISUSE, usage=context.get_usage())


def _what_it_takes(error: Any) -> str:
    """What the option or argument takes, for a value that could not be converted."""
    invalid: ValidationError = error
    first = invalid.errors(include_url=False)[0]
    limits = first.get("ctx", {})
    match first["type"]:
        case "int_parsing" | "int_type" | "int_from_float" | "int_parsing_size":
            return f"{first['input']!r} is not a whole number."
        case "float_parsing" | "float_type" | "finite_number":
            return f"{first['input']!r} is not a number."
        case "greater_than_equal":
            return f"it takes {limits['ge']} or more."
        case "less_than_equal":
            return f"it takes {limits['le']} at the most."
        case "value_error":
            return str(limits["error"])
        case _:
            return "it does not take this value."


def _is_misuse(error: BithumanError) -> bool:
    """Whether the person at the keyboard gave something wrong, or else something that was right is refused."""
    if not isinstance(error, ConfigurationError | TokenValidationError):
        return getattr(error, "code", None) in _MISUSE_CODES
    reason: BaseException | None = error
    while reason is not None and not isinstance(reason, _SAID_NO):
        reason = reason.__cause__ or reason.__context__
    return reason is None


def _code(error: BithumanError) -> str:
    """The service's own code, or the error's name: `ModelNotFoundError` is `MODEL_NOT_FOUND`."""
    given = getattr(error, "code", None)
    name = type(error).__name__.removesuffix("Error")
    return str(given or re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper())


def _parts(message: str) -> tuple[str, str]:
    """A message whose last sentences say what to do: what happened, and that."""
    parts = re.fullmatch(r"(.+?[\w\"')]\.) ([A-Z'`].+)", message, re.DOTALL)
    return (parts[1], parts[2]) if parts else (message, "")
