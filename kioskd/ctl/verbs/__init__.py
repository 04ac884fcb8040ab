"""One verb a file: `add` registers it, its `run` carries it out."""
