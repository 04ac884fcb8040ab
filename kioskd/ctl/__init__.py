"""`kioskctl`: the technician's and staff's command line. It talks to the daemon by the socket alone."""
