"""Every way to take an argument."""


def defaults(a, b=2, c=(3,)):
    return locals()


def positional_only(a, b=1, /, c=2):
    return locals()


def keyword_only(*, a, b=5):
    return locals()


def rest(a, *args, b=1, **kwargs):
    args = args + (a,)
    return locals()


def everything(a, /, b, *args, c, d=4, **kwargs):
    yield locals()
    kwargs["seen"] = a
    return locals()


def deletes(a, b):
    del a
    try:
        return a
    except UnboundLocalError as e:
        return str(e), sorted(locals())


def scenario_defaults():
    return defaults(1), defaults(1, c=9), positional_only(1), positional_only(1, 2, c=3)


def scenario_rest():
    return rest(1), rest(1, 2, 3, b=4, c=5), keyword_only(a=1), keyword_only(b=1, a=2)


def scenario_everything():
    return list(everything(1, 2, 3, c=4, e=5))


def scenario_deleted():
    return deletes(1, 2)


def scenario_keyword_missing():
    return keyword_only(b=1)


def scenario_positional_by_name():
    return positional_only(a=1)
