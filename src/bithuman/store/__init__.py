"""Where facts live. Named queries, one writer, no rules."""
