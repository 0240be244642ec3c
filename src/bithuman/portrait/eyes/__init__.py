"""Paints the eyes: open and looking elsewhere (`gaze.py`), and the lids over them (`lids.py`)."""
