"""Cells and free variables: parameters that are cells, functions that share one code object, classes in functions."""


def outer(a, b):
    def inner(c):
        return a + b + c

    a += 1
    return inner


def counter(start, *steps, **named):
    def step(by=1):
        nonlocal start
        start += by
        return start, steps, named, locals()

    return step


def cell_only(a):
    b = a * 2
    return (lambda: (a, b)), locals()


def deep(a):
    def one(b):
        def two(c):
            def three(d):
                return a, b, c, d, sorted(locals())

            return three

        return two

    return one(2)(3)(4)


def class_inside(name):
    class Named:
        given = name

        def get(self):
            return name, __class__.__name__, self.given

    return Named().get()


def unset_cell(flag):
    if flag:
        late = 1

    def read():
        return late

    return read()


def comprehension(rows, factor):
    return [[cell * factor for cell in row] for row in rows], {k: factor for k in "ab"}, {factor for _ in rows}


def scenario_closures():
    add = outer(1, 2)
    return add(3), outer(10, 20)(30), deep(1), class_inside("x"), cell_only(3)[0](), cell_only(3)[1]["b"]


def scenario_counter():
    step = counter(1, 2, 3, four=4)
    return [step(), step(5), step(by=-1)]


def scenario_shared_code():
    functions = [outer(i, i) for i in range(5)]
    return [f(1) for f in functions], len({f.__code__ for f in functions})


def scenario_comprehension():
    return comprehension([[1, 2], [3]], 10)


def scenario_unset_cell():
    return unset_cell(True), unset_cell(False)
