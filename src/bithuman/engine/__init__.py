"""The engine: audio in, frames out."""
