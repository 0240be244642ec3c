"""What a text is before a voice says it: one line, in parts of a sensible length, in letters that the voice knows."""

import re
import unicodedata
import warnings
from collections import Counter

from bithuman.errors import SpeechError

MAX_PART_CHARS = 5_000
"""About six minutes of speech."""

_SENTENCE = re.compile(r"(?<=[.!?…。！？])\s*")
_HAN, _KANA = "CJK", ("HIRAGANA", "KATAKANA")
# The scripts of languages without Latin letters, by the first part of espeak-ng's names for them. Hangul
# and Devanagari are left out: espeak-ng reads them in every voice.
_SCRIPTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(["ba", "be", "bg", "cv", "kk", "ky", "mk", "nog", "ru", "sr", "tt", "uk"], ("CYRILLIC",)),
    **dict.fromkeys(["ar", "fa", "sd", "ug", "ur"], ("ARABIC",)),
    **dict.fromkeys(["as", "bn", "bpy"], ("BENGALI",)),
    **dict.fromkeys(["cmn", "hak", "yue", "zh"], (_HAN, "BOPOMOFO")),
    **dict.fromkeys(["el", "grc"], ("GREEK",)),
    "am": ("ETHIOPIC",),
    "chr": ("CHEROKEE",),
    "gu": ("GUJARATI",),
    "he": ("HEBREW",),
    "hy": ("ARMENIAN",),
    "ja": (_HAN, *_KANA),
    "ka": ("GEORGIAN",),
    "kn": ("KANNADA",),
    "ko": (_HAN,),
    "ml": ("MALAYALAM",),
    "my": ("MYANMAR",),
    "or": ("ORIYA",),
    "pa": ("GURMUKHI",),
    "si": ("SINHALA",),
    "ta": ("TAMIL",),
    "te": ("TELUGU",),
    "th": ("THAI",),
}
_KNOWN = {script for scripts in _SCRIPTS.values() for script in scripts}


def plain_text(text: str) -> str:
    """The text in one line and in valid Unicode.

    Raises:
        ValueError: there is nothing to say.
    """
    line = " ".join(text.replace("\0", " ").encode(errors="ignore").decode().split())
    if not line:
        raise ValueError("There is no text to say.")
    return line


def parts_of(line: str, longest: int = MAX_PART_CHARS) -> list[str]:
    """The text in parts of at most `longest` characters: whole sentences where they fit, else whole words."""
    parts: list[str] = []
    for sentence in _SENTENCE.split(line):
        if parts and len(parts[-1]) + 1 + len(sentence) <= longest:
            parts[-1] = f"{parts[-1]} {sentence}".strip()
            continue
        rest = sentence
        while len(rest) > longest:
            end = rest.rfind(" ", 1, longest + 1)
            end = longest if end < 0 else end
            parts.append(rest[:end])
            rest = rest[end:].lstrip()
        if rest:
            parts.append(rest)
    return parts


def check_letters(line: str, language: str) -> None:
    """Whether a voice of `language` (espeak-ng's name, such as `en-us`) can read the text. It names letters that it
    does not know, one after the other.

    Raises:
        SpeechError: it knows none of the letters.

    Warns:
        UserWarning: it does not know some of them.
    """
    spoken = _SCRIPTS.get(language.partition("-")[0].lower(), ())
    letters = [_script(letter) for letter in line if letter.isalpha()]
    unknown = Counter(script for script in letters if script in _KNOWN and script not in spoken)
    if not unknown:
        return
    script = unknown.most_common(1)[0][0]
    name = "Chinese" if script == _HAN else script.capitalize()
    if unknown.total() == len(letters):
        raise SpeechError(
            f"The voice speaks {language}, and cannot read {name} letters.",
            cure="Take a voice of the text's language, such as Espeak('cmn') or --voice cmn for Chinese.",
        )
    warnings.warn(
        f"The voice speaks {language}, and cannot read the {name} letters in this text: it names them one by one.",
        UserWarning,
        stacklevel=4,
    )


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]
