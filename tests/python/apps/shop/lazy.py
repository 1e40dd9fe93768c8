"""A module that runs code when asked for a name it has not."""

TOUCHED = []


def __getattr__(name):
    TOUCHED.append(name)
    raise AttributeError(name)


def real():
    return 1
