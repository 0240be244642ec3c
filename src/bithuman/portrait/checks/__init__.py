"""Whether a photo is of one clear face. If not, a check raises a `PortraitError` with the reason and a cure.

The order: `one_face.py`, `pose.py`, `clarity.py`, `covering.py`.
"""
