"""Lambdas, generator expressions, and recursion through names."""

square = lambda x: x * x  # noqa: E731
constant = lambda: None  # noqa: E731
fails = lambda d, k: d[k]  # noqa: E731
yields = lambda n: (yield n)  # noqa: E731


def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


def even(n):
    return True if n == 0 else odd(n - 1)


def odd(n):
    return False if n == 0 else even(n - 1)


def down(n):
    if n == 0:
        raise ValueError("bottom")
    try:
        down(n - 1)
    finally:
        n = -n


def walk(tree):
    if isinstance(tree, list):
        for each in tree:
            yield from walk(each)
    else:
        yield tree


def scenario_lambdas():
    return square(3), constant(), sorted([3, 1, 2], key=lambda x: -x), list(yields(1)), (lambda *a, **k: (a, k))(1, b=2)


def scenario_lambda_fails():
    return fails({}, "missing")


def scenario_recursion():
    return fibonacci(12), even(50), odd(51)


def scenario_recursive_generator():
    return list(walk([1, [2, [3, [4]], 5], []]))


def scenario_raises_from_the_bottom():
    down(6)


def scenario_generator_expression():
    return sum(x * y for x in range(5) for y in range(x) if x != y)
