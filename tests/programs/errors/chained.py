# Chained exceptions: cause, context, notes, suppressed context.
# suite: exit=1
class Failure(Exception):
    pass


def first():
    raise KeyError("first")


def second():
    try:
        first()
    except KeyError as error:
        error.add_note("a note\non two lines")
        raise Failure("second") from error


def third():
    try:
        second()
    except Failure:
        int("third")


def hidden():
    try:
        third()
    except ValueError:
        raise RuntimeError("hidden") from None


import traceback

try:
    hidden()
except RuntimeError:
    traceback.print_exc()
third()
