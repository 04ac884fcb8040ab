"""An ESC/POS receipt printer on TCP (port 9100's kind) or a pseudo-terminal.

The way of a byte: `server` or `pty_line` → `realtime` (DLE commands act as they arrive) → the receive buffer of
`mechanism` → `commands` (bytes to commands, written from the ESC/POS command definitions) → `paper` (lines, slips).
`status` builds what it says of itself; `faults` are the switches.

Slips are drawn as pictures (`picture`), codes as codes.

Not simulated: fonts other than A, letters of several sizes in one line, bar codes other than Code 128, page mode
(bytes are taken and nothing is printed), user-defined characters, NV graphics, drawer pulses (taken and ignored),
macros, panel buttons, the exact dots of a line when paper is counted (24 are one line), and the kernel's own buffers
before a TCP or pseudo-terminal printer that has stopped reading.
"""
