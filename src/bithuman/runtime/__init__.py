"""The public runtime: audio in, frames out, for as long as the service allows it."""

from bithuman.runtime.live import AsyncBithuman
from bithuman.runtime.offline import Bithuman

__all__ = ["AsyncBithuman", "Bithuman"]
