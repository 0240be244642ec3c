"""The use-cases, one file each: load → decide (core) → commit (store) → answer."""
