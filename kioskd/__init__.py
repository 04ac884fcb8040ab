"""kioskd: a library station that keeps lending when the library system is down."""
