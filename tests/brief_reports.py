"""What a process of a run tells of its tests: that one was prepared and cleared up well is left unsaid."""

import pytest
from _pytest.runner import runtestprotocol


class BriefReports:
    """Tells of each test how it went, and of the rest only what went wrong or was left out.

    Each report goes to the process that leads the run, which counts no more than this.
    """

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        """Run a test as pytest would, but for what is told of it."""
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        for report in runtestprotocol(item, log=False, nextitem=nextitem):
            if report.when == "call" or not report.passed:
                item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True
