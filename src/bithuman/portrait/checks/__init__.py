"""Whether a photo is of one clear face. If not, a check raises a `PortraitError`: what is wrong, and what to do.

The order: `one_face.py`, `pose.py`, `clarity.py`, `covering.py`.
"""
