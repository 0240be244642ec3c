"""How far each pixel moves when head, jaw, brows, chest or hair move: the maps of an avatar's rig."""
