"""A small shop with known customers, orders and mistakes: what the examples of `docs/LANGUAGE.md` are asked about."""
