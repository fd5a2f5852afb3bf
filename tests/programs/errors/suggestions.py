# Suggestions that the printed traceback makes.
# suite: exit=1
import collections
import traceback


class Thing:
    colour = 1


def misspelt_attribute():
    Thing().color


def misspelt_name():
    length = 1
    return lenght


def missing_import():
    return sys.argv


def misspelt_keyword():
    (lambda *, number: number)(numbr=1)


def misspelt_import():
    from collections import dequeue


def method_on_self():
    class C:
        def helper(self): pass

        def method(self): helper()

    C().method()


for action in (misspelt_attribute, misspelt_name, missing_import, misspelt_keyword, misspelt_import, method_on_self):
    try:
        action()
    except Exception as error:
        print(traceback.format_exception_only(error)[-1].strip().replace(getattr(collections, "__file__", "unknown location"), "its file"))
Thing.colors
