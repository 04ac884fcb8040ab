"""The documents say what the code does. `python -m tests.docs` draws their tables anew."""
