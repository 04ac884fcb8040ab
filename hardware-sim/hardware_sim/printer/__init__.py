"""An ESC/POS receipt printer on TCP (port 9100's kind) or a pseudo-terminal.

The way of a byte: `server` or `pty_line` → `realtime` (DLE commands act as they arrive) → the receive buffer of
`mechanism` → `commands` (bytes to commands, written from the ESC/POS command definitions) → `paper` (lines, slips).
`status` builds what it says of itself; `faults` are the switches.

Not simulated: fonts other than A and B, the look of double size, page mode (bytes are taken and nothing is printed),
user-defined characters, NV graphics, drawer pulses (taken and ignored), macros, panel buttons, the exact dots of a
line (24 are one line of paper), bar codes and QR codes as pictures (they are kept as what they say), and the kernel's
own buffers before a TCP or pseudo-terminal printer that has stopped reading.
"""
