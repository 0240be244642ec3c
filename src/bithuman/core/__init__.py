"""The rules of the platform: plain values and functions, no I/O. Time and randomness come in as arguments."""
