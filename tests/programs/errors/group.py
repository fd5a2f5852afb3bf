# An uncaught exception group.
# suite: exit=1
def leaf(n):
    raise ValueError(n)


def collect():
    errors = []
    for n in range(2):
        try:
            leaf(n)
        except ValueError as error:
            errors.append(error)
    return errors


try:
    raise ExceptionGroup("inner", collect())
except ExceptionGroup as group:
    raise ExceptionGroup("outer", [group, TypeError("no traceback")]) from KeyError("cause")
