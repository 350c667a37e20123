"""A KDC of three nodes for the tests, or one loud line that says what was not proved."""

from __future__ import annotations

import os

import pytest
from cluster import PACKAGES, Cluster, missing


def pytest_collection_modifyitems(items):
    """Skip loudly where the real Kerberos cannot run."""
    reason = ""
    if missing():
        reason = f"*** NOT PROVED: the KDC node needs {', '.join(missing())}; mend with: sudo apt-get install -y {PACKAGES}"
    elif os.geteuid() != 0:
        reason = "*** NOT PROVED: the KDC node's tests need root for network namespaces; mend with: sudo -E pytest test/kerberos/node"
    if reason:
        print(f"\n{reason}")
        for item in items:
            if "kdc" in item.fixturenames or "new_kdc" in item.fixturenames:
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def started(tmp_path_factory):
    """Three nodes, kept through all tests."""
    cluster = Cluster(tmp_path_factory.mktemp("kdc"))
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.close()


@pytest.fixture
def kdc(started):
    """The three nodes, whole before each test."""
    for node in started.nodes:
        if not node.programs:
            node.start()
        node.link("up")
    started.whole()
    return started
