"""Programs that speak. Each is run as `python -m`, in a process of its own, and never imported by the rest.

What they load (Piper, espeak-ng) is GPL-3: see docs/decisions/0021-speech-process-boundary.md. They speak to whoever
started them through standard input and output, by the few words of `wire`.
"""
