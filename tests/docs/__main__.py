"""`python -m tests.docs`: draw the tables of the documents anew."""

from tests.docs.drawn import DRAWN
from tests.docs.pages import REPO, page, renewed

for (name, mark), draw in DRAWN.items():
    (REPO / name).write_text(renewed(page(name), mark, draw()), encoding="utf-8")
