"""Carts and what is done with them."""

from __future__ import annotations

from dataclasses import dataclass, field

from store import db


class OutOfStock(Exception):
    """There are not so many."""


@dataclass
class User:
    name: str
    email: str
    tier: str = "basic"


@dataclass
class Cart:
    user: User
    lines: list[dict] = field(default_factory=list)
    total: float = 0.0

    def add(self, item, price, quantity=1):
        stock = db.query("SELECT stock FROM items WHERE name = ?", item)
        if stock < quantity:
            raise OutOfStock(f"{item}: {stock} left")
        self.lines.append({"item": item, "price": price, "quantity": quantity})
        self.total += price * quantity
        return len(self.lines)


def checkout(cart, *, coupon=None):
    total = cart.total * (0.9 if coupon else 1)
    db.query("INSERT INTO orders VALUES (?, ?)", cart.user.name, total)
    return {"status": "paid" if total else "empty", "total": total, "items": len(cart.lines)}
