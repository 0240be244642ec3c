"""What the voices call their sounds, in the letters of the International Phonetic Alphabet."""

from bithuman.engine.phonemes import Phone

_GAP_S = 1e-3
_SILENCES = ("pau", "#", "##", "h#", "brth", "_", "ssil")

_ENGLISH = {
    "aa": "ɑ", "ae": "æ", "ah": "ʌ", "ao": "ɔ", "aw": "aʊ", "ax": "ə", "axr": "ɚ", "ay": "aɪ", "b": "b", "ch": "tʃ",
    "d": "d", "dh": "ð", "dx": "ɾ", "eh": "ɛ", "el": "l", "em": "m", "en": "n", "er": "ɝ", "ey": "eɪ", "f": "f",
    "g": "ɡ", "hh": "h", "hv": "h", "ih": "ɪ", "ix": "ɪ", "iy": "i", "jh": "dʒ", "k": "k", "l": "l", "m": "m", "n": "n",
    "ng": "ŋ", "nx": "n", "ow": "oʊ", "oy": "ɔɪ", "p": "p", "r": "ɹ", "s": "s", "sh": "ʃ", "t": "t", "th": "θ",
    "uh": "ʊ", "uw": "u", "v": "v", "w": "w", "y": "j", "z": "z", "zh": "ʒ",
}  # fmt: skip
_ITALIAN = {
    "i": "i", "e": "e", "E": "ɛ", "a": "a", "o": "o", "O": "ɔ", "u": "u", "j": "j", "w": "w", "p": "p", "t": "t",
    "k": "k", "b": "b", "d": "d", "g": "ɡ", "f": "f", "s": "s", "S": "ʃ", "v": "v", "z": "z", "Z": "ʒ", "ts": "ts",
    "tS": "tʃ", "dz": "dz", "dZ": "dʒ", "m": "m", "n": "n", "J": "ɲ", "ng": "ŋ", "nf": "ɱ", "l": "l", "L": "ʎ",
    "r": "r", "rr": "r", "ax": "ə", "x": "x", "D": "ð", "B": "b", "G": "ɡ",
}  # fmt: skip
_CZECH = {
    "a": "a", "e": "ɛ", "i": "ɪ", "o": "o", "u": "u", "b": "b", "c": "ts", "c~": "tʃ", "ch": "x", "d": "d", "d~": "ɟ",
    "dz": "dz", "dz~": "dʒ", "f": "f", "g": "ɡ", "h": "ɦ", "j": "j", "k": "k", "l": "l", "m": "m", "n": "n", "n~": "ɲ",
    "n*": "ŋ", "p": "p", "r": "r", "r~": "ʒ", "r~*": "ʃ", "s": "s", "s~": "ʃ", "t": "t", "t~": "c", "v": "v", "z": "z",
    "z~": "ʒ", "x": "x", "~": "",
}  # fmt: skip
_FINNISH = {
    "a": "ɑ", "e": "e", "i": "i", "o": "o", "u": "u", "y": "y", "@": "æ", "7": "ø", "&": "ø", "p": "p", "t": "t",
    "k": "k", "b": "b", "d": "d", "g": "ɡ", "f": "f", "T": "θ", "D": "ð", "s": "s", "z": "z", "S": "ʃ", "Z": "ʒ",
    "h": "h", "v": "ʋ", "m": "m", "n": "n", "N": "ŋ", "l": "l", "L": "l", "r": "r", "j": "j", "w": "w",
}  # fmt: skip
_RUSSIAN = {
    "ii": "i", "yy": "ɨ", "uu": "u", "ee": "e", "oo": "o", "aa": "a", "a": "ɐ", "e": "ɪ", "i": "ɪ", "y": "ɨ", "u": "ʊ",
    "ae": "ə", "ay": "ə", "ur": "ʊ", "p": "p", "pp": "p", "b": "b", "bb": "b", "t": "t", "tt": "t", "d": "d", "dd": "d",
    "k": "k", "kk": "k", "g": "ɡ", "gg": "ɡ", "c": "ts", "ch": "tɕ", "f": "f", "ff": "f", "v": "v", "vv": "v", "s": "s",
    "ss": "s", "z": "z", "zz": "z", "sh": "ʂ", "sch": "ɕ", "zh": "ʐ", "h": "x", "hh": "x", "m": "m", "mm": "m",
    "n": "n", "nn": "n", "l": "l", "ll": "l", "r": "r", "rr": "r", "j": "j",
}  # fmt: skip
_SETS = {
    "en": _ENGLISH,
    "it": _ITALIAN,
    "ca": _ITALIAN,
    "cs": _CZECH,
    "fi": _FINNISH,
    "ru": _RUSSIAN,
}


def ipa(name: str, language: str) -> str:
    """The letters of a sound of a Festival or Flite voice; empty for silence.

    Raises:
        KeyError: the voice has a sound that is not in the table.
    """
    if name in _SILENCES:
        return ""
    plain = name.rstrip(":").rstrip("1") if language in ("it", "ca", "fi", "cs") else name
    return _SETS[language][plain]


# The letters of Misaki, the pronunciations that Kokoro was trained on, which are not those of the IPA.
_MISAKI = {
    "A": "eɪ", "I": "aɪ", "W": "aʊ", "Y": "ɔɪ", "O": "oʊ", "Q": "əʊ", "S": "ʃ", "T": "ɾ", "ʤ": "dʒ", "ʧ": "tʃ",
    "ᵊ": "ə", "ᵻ": "ɪ", "ʣ": "dz", "ʦ": "ts", "ʥ": "dʑ", "ʨ": "tɕ",
}  # fmt: skip


def from_misaki(letter: str) -> str:
    """The IPA letters of one of Misaki's."""
    return _MISAKI.get(letter, letter)


def touch(phone: Phone, following: Phone) -> bool:
    """Whether there is no silence between them."""
    return following.start_s - phone.end_s < _GAP_S


def american(phones: list[Phone]) -> list[Phone]:
    """English as the other voices write it: `ə` for a weak `ɐ`, and one vowel where r follows `ə` or `ɜ` at once."""
    written: list[Phone] = []
    for phone in phones:
        letters = phone.symbol.strip("ˈˌ")
        if letters == "ɹ" and written and written[-1].symbol in ("ə", "ɜ") and touch(written[-1], phone):
            vowel = written.pop()
            phone = Phone({"ə": "ɚ", "ɜ": "ɝ"}[vowel.symbol], vowel.start_s, phone.end_s)
        elif letters in ("ɐ", "ɜː"):
            phone = phone._replace(symbol={"ɐ": "ə", "ɜː": "ɝ"}[letters])
        written.append(phone)
    return written
