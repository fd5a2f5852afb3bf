# An uncaught exception: where it happened, with carets, through several frames.
# suite: exit=1
def outer(value):
    return [inner(item) for item in value]


def inner(item):
    result = (
        item["key"]
        + 1
    )
    return result


class Widget:
    def __init__(self, items):
        self.total = sum(map(lambda i: 10 / i, items))


print("before")
try:
    Widget([1, 0])
except ZeroDivisionError:
    import traceback
    traceback.print_exc()
outer([{"key": 1}, {"key": 2}, {"other": 3}])
print("never")
