"""HMAC-SHA256 is what everybody else computes."""

import hashlib
import hmac

from hypothesis import given
from hypothesis import strategies as st

from bithuman.core.mac import Mac


@given(key=st.binary(max_size=200), message=st.binary(max_size=400))
def test_the_code_is_that_of_the_standard_library(key: bytes, message: bytes) -> None:
    mac = Mac(key)
    assert mac.digest(message) == mac.digest(message) == hmac.digest(key, message, hashlib.sha256)
