"""A station's life of three days in a compressed hour: what grows, what slows down, what a card is asked to bear."""
