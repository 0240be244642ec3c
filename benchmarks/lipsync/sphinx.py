"""CMU's PocketSphinx, which knows the phones of American English: it looks for them, or places those that it is told.

Either way it has the whole recording, and so sees the future.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from bithuman.engine.phonemes import Phone
from tools.train_mouth.symbols import ipa

Samples = npt.NDArray[np.int16]

_HOPS_PER_SECOND = 100
_SCHWA = "AH"  # and the vowel of "much", which is rarer


def find_phones(samples: Samples) -> list[Phone]:
    """The phones that it hears in 16 kHz sound, whatever was said."""
    from pocketsphinx import Decoder, get_model_path

    decoder = Decoder(
        lm=None, dict=None, allphone=get_model_path("en-us/en-us-phone.lm.bin"), beam=1e-20, pbeam=1e-20, lw=2.0,
        loglevel="FATAL",
    )  # fmt: skip
    _decode(decoder, samples)
    return [_phone(found.word, found.start_frame, found.end_frame + 1) for found in decoder.seg()]


def place_phones(samples: Samples, text: str) -> list[Phone]:
    """The phones of a text, in small letters without punctuation, that is heard in 16 kHz sound (forced alignment).

    Raises:
        RuntimeError, ValueError: the text is not heard there, or not all of it.
    """
    from pocketsphinx import Decoder

    decoder = Decoder(lm=None, loglevel="FATAL")
    decoder.set_align_text(text)
    _decode(decoder, samples)  # first its words, then the phones in them
    decoder.set_alignment()
    _decode(decoder, samples)
    words, phones = [], []
    for word in decoder.get_alignment() or ():  # a word is gone when the next one is asked for
        words.append(word.name.partition("(")[0])
        phones += [_phone(phone.name, phone.start, phone.start + phone.duration) for phone in word]
    if [word for word in words if word[0] not in "<["] != text.split():
        raise ValueError(f"PocketSphinx does not hear this: {text}")
    return phones


def _decode(decoder: Any, samples: Samples) -> None:
    decoder.start_utt()
    decoder.process_raw(samples.tobytes(), full_utt=True)
    decoder.end_utt()


def _phone(name: str, first_hop: int, end_hop: int) -> Phone:
    symbol = "" if name.startswith(("SIL", "+")) else "ə" if name == _SCHWA else ipa(name.lower(), "en")
    return Phone(symbol, first_hop / _HOPS_PER_SECOND, end_hop / _HOPS_PER_SECOND)
