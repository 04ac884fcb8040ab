"""`python -m kioskd.config [PAGE]`: print the tables of docs/CONFIG.md, or draw them anew in that page."""

import sys
from pathlib import Path

from kioskd.config.reference import keys_tables, renewed

if __name__ == "__main__":
    if len(sys.argv) > 1:
        page = Path(sys.argv[1])
        page.write_text(renewed(page.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        print(keys_tables())
