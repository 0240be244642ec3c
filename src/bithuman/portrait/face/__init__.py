"""Finds the faces in a picture (`detection.py`), and says where the parts of each lie (`geometry.py`)."""
