"""The shop as a Flask application; `python -m store.web` plays a morning of it and prints nothing."""

from __future__ import annotations

from flask import Flask, jsonify, request

from store import cart as carts
from store import db

app = Flask(__name__)
USERS = {
    "ada": carts.User("ada", "ada@example.org", "gold"),
    "bob": carts.User("bob", "bob@example.org"),
    "cyd": carts.User("cyd", "cyd@example.org"),
}


def login(name):
    return USERS[name]


def order(user, wanted, coupon=None):
    cart = carts.Cart(user)
    for item, price, quantity in wanted:
        cart.add(item, price, quantity)
    return carts.checkout(cart, coupon=coupon)


@app.post("/order")
def place():
    told = request.get_json()
    return jsonify(order(login(told["user"]), told["wanted"], told.get("coupon")))


@app.post("/forget")
def forget():
    return jsonify(db.query("DELETE FROM users"))


@app.errorhandler(carts.OutOfStock)
def out_of_stock(error):
    return jsonify(error=str(error)), 409


@app.errorhandler(db.Gone)
def gone(error):
    return jsonify(error=str(error)), 503


MORNING = [
    {"user": "ada", "wanted": [["apple", 0.5, 10], ["melon", 3.0, 1]]},
    {"user": "bob", "wanted": [["apple", 0.5, 2]]},
    {"user": "ada", "wanted": [["melon", 3.0, 3], ["apple", 0.5, 20]], "coupon": "SPRING"},
    {"user": "cyd", "wanted": [["apple", 0.5, 1], ["truffle", 90.0, 1]]},
    {"user": "bob", "wanted": []},
]


def main():
    client = app.test_client()
    for told in MORNING:
        client.post("/order", json=told)
    client.post("/forget")


if __name__ == "__main__":
    main()
