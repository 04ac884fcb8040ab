"""A station's entries from one machine to another, each in one place only: the archive, and both ends of its way.

`archive` is the file, `moving_out` makes it and marks the state directory that it came from, `moving_in` checks it and
puts its journal in place. Whatever else takes a journal along (a rescue from a card in a reader) leaves the same mark.
"""
