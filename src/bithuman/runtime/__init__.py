"""The public runtime: audio in, frames out, for as long as the service allows it."""

from bithuman.runtime.live import AsyncBithuman
from bithuman.runtime.offline import Bithuman

open = Bithuman.load
"""The published name of `Bithuman.load`: `bithuman.open("avatar.imx").render("speech.wav")`."""

__all__ = ["AsyncBithuman", "Bithuman", "open"]
