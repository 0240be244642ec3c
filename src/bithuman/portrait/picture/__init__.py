"""Pictures and masks as arrays, and the few operations that all painting uses."""
