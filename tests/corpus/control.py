"""try, finally, with, match, except*, and returns out of all of them."""

import contextlib


@contextlib.contextmanager
def managed(log, swallow=False):
    log.append("in")
    try:
        yield log
    except ValueError:
        log.append("caught")
        if not swallow:
            raise
    finally:
        log.append("out")


class Manager:
    def __init__(self, swallow):
        self.swallow = swallow

    def __enter__(self):
        return self

    def __exit__(self, kind, value, tb):
        self.seen = kind and kind.__name__, tb and tb.tb_lineno
        return self.swallow


def returns_in_finally(a):
    try:
        if a:
            raise ValueError(a)
        return "try"
    except ValueError:
        return "except"
    finally:
        if a == 2:
            return "finally"


def nested(a):
    log = []
    try:
        try:
            try:
                log.append(1 / a)
            finally:
                log.append("inner")
        except ZeroDivisionError:
            log.append("middle")
            raise
        else:
            log.append("else")
    except ArithmeticError as e:
        log.append(type(e).__name__)
    finally:
        log.append("outer")
    return log


def loop_with_finally(n):
    seen = []
    for i in range(n):
        try:
            if i == 1:
                continue
            if i == 3:
                break
            if i == 5:
                return seen
        finally:
            seen.append(i)
    else:
        seen.append("else")
    return seen


def with_manager(swallow, fail):
    with Manager(swallow) as m, Manager(False) as n:
        if fail:
            raise ValueError("in with")
        return "returned", n.swallow
    return "swallowed", m.seen


def with_generator(swallow, fail):
    log = []
    with managed(log, swallow):
        if fail:
            raise ValueError("in with")
    return log


def matches(value):
    match value:
        case 0 | 1:
            return "small"
        case int(n) if n > 100:
            return f"large {n}"
        case [first, *rest]:
            return first, rest
        case {"kind": kind, **others}:
            return kind, others
        case str() as text:
            return text.upper()
        case _:
            return None


def groups(errors):
    seen = []
    try:
        raise ExceptionGroup("several", errors)
    except* ValueError as group:
        seen.append([str(e) for e in group.exceptions])
    except* KeyError:
        seen.append("key")
    else:
        seen.append("else")
    finally:
        seen.append("finally")
    return seen


def while_loop(n):
    while True:
        n -= 1
        if n < 0:
            return n
        while n % 3:
            n -= 1
        else:
            if n == 6:
                break
    return "broken", n


def scenario_finally():
    return [returns_in_finally(a) for a in (0, 1, 2)], nested(0), nested(1), [loop_with_finally(n) for n in range(7)]


def scenario_with():
    return with_manager(False, False), with_manager(True, True), with_generator(True, True), with_generator(False, False)


def scenario_with_raises():
    with_manager(False, True)


def scenario_with_generator_raises():
    with_generator(False, True)


def scenario_match():
    return [matches(v) for v in (0, 1, 500, 50, [1, 2, 3], {"kind": "k", "n": 1}, "text", None, ())]


def scenario_groups():
    return groups([ValueError("a"), ValueError("b")]), groups([KeyError(1), ValueError(2)])


def scenario_groups_rest():
    groups([ValueError("a"), TypeError("b")])


def scenario_while():
    return [while_loop(n) for n in range(12)]
