"""The engine: audio in, frames out. It is handed a permit, and never a secret."""
