"""The conversation with the library system: a line, one question on it at a time, patrons first."""
