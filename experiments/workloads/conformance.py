"""Runs a module of CPython's own test suite and reports how many of its tests pass."""

import importlib
import os
import sys
import unittest

import report


class Result(unittest.TestResult):
    """Counts what passes: a test whose subtests all do."""

    passed = 0
    bad = False

    def startTest(self, test):
        super().startTest(test)
        self.bad = False

    def stopTest(self, test):
        super().stopTest(test)
        self.passed += not self.bad

    def addError(self, test, err):
        self.bad = True

    def addFailure(self, test, err):
        self.bad = True

    def addSubTest(self, test, subtest, err):
        self.bad |= err is not None

    def addSkip(self, test, reason):
        self.bad = True

    def addUnexpectedSuccess(self, test):
        self.bad = True


def load(name):
    """The module, its package taken from the reference's library without making the rest of that importable."""
    library = os.environ["TANDEM_LAB_LIBRARY"]
    sys.path.insert(0, library)
    try:
        import test.support as support
    finally:
        sys.path.remove(library)
    # No network, no huge files, no minutes of CPU.
    support.use_resources = {}
    return importlib.import_module("test." + name)


def main(name):
    del sys.argv[1:]
    suite = unittest.TestLoader().loadTestsFromModule(load(name))
    result = Result()
    suite.run(result)
    report.value("passed", result.passed)
    report.value("tests", result.testsRun)


main(sys.argv[1])
