"""The bench: a web page from which a person plays everything around a station.

It simulates nothing itself: each click becomes a request to the control address of a simulator, and what the simulators
report is pushed to the page. `relay` watches them, `acts` is the table of what can be done, `server` the page.

Not shown: RFID pads, keyboard-wedge scanners, and the station's own screen, which is a page of its own.
"""
