"""Programs that look at a photo. Each runs in a process of its own (`apart.py`), and nothing imports them."""
