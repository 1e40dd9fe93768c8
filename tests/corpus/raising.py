"""Exceptions: raised, chained, caught, passed on, in every place a line can be."""

import sys


class Refused(Exception):
    pass


def raises(a):
    raise Refused(a)


def divides(a, b):
    return (
        a
        / b
    )


def chains(a):
    try:
        divides(a, 0)
    except ZeroDivisionError as e:
        raise Refused("chained") from e


def during(a):
    try:
        divides(a, 0)
    except ZeroDivisionError:
        raises(a)


def reraises(a):
    try:
        raises(a)
    except Refused:
        raise


def caught_outside(a):
    try:
        return raises(a)
    except Refused as e:
        return e.args, sys.exc_info()[0].__name__, [tb_line(e.__traceback__)]


def tb_line(tb):
    lines = []
    while tb:
        lines.append(tb.tb_lineno)
        tb = tb.tb_next
    return lines


def asserts(a):
    assert a > 0, "expected more"
    return a


def context_is_kept():
    try:
        raise KeyError("outer")
    except KeyError:
        try:
            raises(1)
        except Refused as e:
            return type(e.__context__).__name__, sys.exc_info()[1].args


def leaves_loops(rows):
    for row in rows:
        for cell in row:
            while True:
                if cell < 0:
                    raise Refused(cell)
                break
    return "none"


def scenario_raises():
    raises(1)


def scenario_divides():
    divides(1, 0)


def scenario_chains():
    chains(1)


def scenario_during():
    during(1)


def scenario_reraises():
    reraises(1)


def scenario_caught():
    return caught_outside(1), caught_outside("x"), context_is_kept(), sys.exc_info()


def scenario_asserts():
    return asserts(1), asserts(0)


def scenario_loops():
    return leaves_loops([[1, 2], [3]]), leaves_loops([[1], [-1]])


def scenario_exit():
    sys.exit(3)


def scenario_keyboard():
    raise KeyboardInterrupt
