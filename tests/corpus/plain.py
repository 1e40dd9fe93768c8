"""Functions without a turn: arguments, locals, methods, properties, class bodies."""


def nothing():
    pass


def constant():
    return 42


def docstring_only():
    """Only this."""


def add(a, b):
    return a + b


def many_locals(a):
    b = a + 1
    c = [a, b]
    del a
    return locals()


def rebinds(a, b):
    a, b = b, a
    a += b
    return a, b, sorted(locals())


class Cart:
    kind = "cart"

    def __init__(self, items):
        self.items = items

    def __getitem__(self, i):
        return self.items[i]

    def __len__(self):
        return len(self.items)

    @property
    def total(self):
        return sum(self.items)

    @classmethod
    def empty(cls):
        return cls([])

    @staticmethod
    def double(x):
        return 2 * x

    def parent(self):
        return super().__eq__(self), __class__.__name__


def scenario_calls():
    return nothing(), constant(), docstring_only(), docstring_only.__doc__, add(1, 2), add("a", b="b"), rebinds(1, 2)


def scenario_locals():
    x = 1
    return many_locals(x), locals()


def scenario_methods():
    cart = Cart([1, 2, 3])
    return cart[1], len(cart), cart.total, Cart.empty().items, Cart.double(4), cart.parent()


def scenario_specialised():
    """Hot enough that calls are specialised, before and after."""
    cart = Cart([1, 2])
    return sum(add(i, 1) + cart[0] + cart.total + len(Cart([i])) for i in range(200))


def scenario_wrong_call():
    return add(1)


def scenario_metadata():
    code = add.__code__
    return code.co_varnames, code.co_argcount, code.co_firstlineno, add.__name__, add.__defaults__, code.co_flags
