"""A pytest plugin that notes each test as it begins and as it ends, one line each, in the file that TANDEM_RECORD names.
What the file has already is not run again: after a crash the next process goes on behind it."""

import os

record = open(os.environ["TANDEM_RECORD"], "a+", encoding="utf-8", errors="backslashreplace", buffering=1)
# The worst that was said of the running test: set-up, call and tear-down each report.
said = {}
RANK = ["passed", "skipped", "xfailed", "xpassed", "failed", "error"]


def known():
    record.seek(0)
    return {line.rstrip("\n").partition("\t")[2] for line in record}


def note(outcome, test):
    record.write(f"{outcome}\t{test.encode('unicode_escape').decode()}\n")


def pytest_collection_modifyitems(config, items):
    done = known()
    kept = [item for item in items if item.nodeid.encode("unicode_escape").decode() not in done]
    names = {item.nodeid for item in kept}
    dropped = [item for item in items if item.nodeid not in names]
    config.hook.pytest_deselected(items=dropped)
    items[:] = kept


def pytest_collectreport(report):
    if report.failed and report.nodeid.encode("unicode_escape").decode() not in known():
        note("error", report.nodeid)


def pytest_runtest_logstart(nodeid):
    said[nodeid] = "passed"
    note("began", nodeid)


def pytest_runtest_logreport(report):
    outcome = report.outcome
    if hasattr(report, "wasxfail"):
        outcome = "xfailed" if report.skipped else "xpassed"
    elif report.failed and report.when != "call":
        outcome = "error"
    said[report.nodeid] = max(said.get(report.nodeid, "passed"), outcome, key=RANK.index)


def pytest_runtest_logfinish(nodeid):
    note(said.pop(nodeid, "passed"), nodeid)
