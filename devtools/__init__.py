"""What ./dev and the checks need; nothing here is part of the product."""
