"""Generators: driven, sent to, thrown into, closed, dropped, delegating."""

import gc


def count(n):
    for i in range(n):
        yield i
    return "done"


def echo():
    received = []
    while True:
        value = yield len(received)
        if value is None:
            return received
        received.append(value)


def guarded(log):
    try:
        yield 1
        yield 2
    except KeyError:
        log.append("key")
        yield "caught"
    finally:
        log.append("finally")


def stubborn():
    try:
        yield 1
    except GeneratorExit:
        yield 2


def delegates(log):
    result = yield from guarded(log)
    log.append(result)
    return (yield from count(2))


def stops():
    yield 1
    raise StopIteration("inside")


def raises_late():
    yield 1
    raise KeyError("late")


def in_with(log):
    with open(__file__, encoding="utf-8") as f:
        log.append(f.closed)
        yield f.readline()[:3]
    log.append(f.closed)


def shows_locals(a):
    b = a
    yield sorted(locals())
    del b
    yield locals()


def scenario_drive():
    return list(count(4)), list(shows_locals(1)), [x for x in count(3)], sum(count(5))


def scenario_send():
    g = echo()
    return [next(g), g.send("a"), g.send("b"), stopped(lambda: g.send(None))]


def stopped(call):
    try:
        return call()
    except StopIteration as e:
        return "stopped", e.value


def scenario_throw():
    log = []
    g = guarded(log)
    return next(g), g.throw(KeyError("in")), stopped(lambda: next(g)), log


def scenario_throw_uncaught():
    g = count(3)
    next(g)
    g.throw(KeyError("thrown"))


def scenario_throw_unstarted():
    count(3).throw(KeyError("early"))


def scenario_throw_stop_unstarted():
    count(3).throw(StopIteration("early"))


def scenario_close_guarded():
    log = []
    g = guarded(log)
    next(g)
    g.close()
    g.close()
    return log, stopped(lambda: next(g))


def scenario_close_bare():
    g = count(3)
    next(g)
    return g.close(), stopped(lambda: next(g)), g.gi_frame


def scenario_close_unstarted():
    g = count(3)
    return g.close(), stopped(lambda: next(g))


def scenario_close_stubborn():
    g = stubborn()
    next(g)
    g.close()


def scenario_drop():
    log = []
    g = guarded(log)
    next(g)
    del g
    gc.collect()
    return log


def scenario_drop_bare():
    g = count(3)
    next(g)
    del g
    gc.collect()


def scenario_delegation():
    log = []
    g = delegates(log)
    return next(g), g.throw(KeyError("through")), [*g], log


def scenario_delegation_closed():
    log = []
    g = delegates(log)
    next(g)
    g.close()
    return log


def scenario_stop_iteration_inside():
    list(stops())


def scenario_raises_late():
    list(raises_late())


def scenario_with():
    log = []
    g = in_with(log)
    first = next(g)
    return first, stopped(lambda: next(g)), log


def scenario_already_running():
    def runs_itself():
        yield next(g)

    g = runs_itself()
    next(g)


def scenario_frame():
    g = count(2)
    before = g.gi_frame.f_lineno - count.__code__.co_firstlineno
    next(g)
    return before, g.gi_frame.f_lineno - count.__code__.co_firstlineno, sorted(g.gi_frame.f_locals), g.gi_suspended
