"""The daemon: wires the rooms, runs the loop, carries out effects."""
