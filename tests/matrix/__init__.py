"""The matrix of drivers and faults: `./dev matrix` runs each cell's tests and prints which passed, and on what."""
