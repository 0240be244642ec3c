"""The door: it knows HTTP and no rule."""
