"""A made-up application whose functions hide in every way the resolver must see through."""

from shop.base import imported  # a re-export: its own name stays shop.base.imported

VERSION = "1.0"
__all__ = ["VERSION", "imported"]
