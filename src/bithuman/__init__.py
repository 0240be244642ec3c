"""Self-hosted talking avatars: an independent implementation of bitHuman's published interface."""
