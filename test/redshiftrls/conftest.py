"""A PostgreSQL of the tests' own, and the function as it stands in the template."""

import importlib.util
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

ROOT = pathlib.Path(__file__).parents[2]
NOT_PROVED = "*** NOT PROVED: Redshift's row-level security needs {}"


def _programs():
    """Return the folder of PostgreSQL's server programs, or None."""
    found = shutil.which("initdb") or next(iter(sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)), None)
    return found and pathlib.Path(found).resolve().parent


def _user():
    """Return a prefix that runs a command as somebody whom PostgreSQL takes; it refuses root."""
    return ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups"] if os.getuid() == 0 else []


@pytest.fixture(scope="session")
def postgres():
    """Return the connection string of a server on a Unix socket, without a port."""
    programs = _programs()
    if not programs:
        pytest.skip(NOT_PROVED.format("PostgreSQL's server (apt-get install postgresql)"))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lakekeel-postgres-"))
    if os.getuid() == 0:
        shutil.chown(folder, "nobody", "nogroup")
    run = _user()
    quiet = {"stdout": subprocess.DEVNULL, "cwd": folder}
    try:
        subprocess.run([*run, programs / "initdb", "-D", folder / "data", "-U", "admin", "-A", "trust", "--no-sync"], check=True, **quiet)
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        start = [programs / "pg_ctl", "-D", folder / "data", "-o", options, "-l", folder / "log", "-w", "start"]
        subprocess.run([*run, *start], check=True, **quiet)
        try:
            yield f"host={folder} user=admin dbname=postgres"
        finally:
            subprocess.run([*run, programs / "pg_ctl", "-D", folder / "data", "-m", "immediate", "stop"], check=True, **quiet)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def template():
    """Return the golden template, so that what is tested is what is deployed."""
    return json.loads((ROOT / "test/testdata/redshiftrls.json").read_text())["Resources"].values()


@pytest.fixture(scope="session")
def function(template, tmp_path_factory):
    """Return the function's module, from the text in the template."""
    code = next(r for r in template if r["Type"] == "AWS::Lambda::Function")["Properties"]["Code"]["ZipFile"]
    path = tmp_path_factory.mktemp("function") / "index.py"
    path.write_text(code)
    spec = importlib.util.spec_from_file_location("rls_function", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def desired(template):
    """Return what the template asks for, as text."""
    return next(r for r in template if r["Type"] == "Custom::RowLevelSecurity")["Properties"]["Desired"]
