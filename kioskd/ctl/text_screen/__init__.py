"""The front screen in text: the View as lines, the daemon's line, the terminal."""
