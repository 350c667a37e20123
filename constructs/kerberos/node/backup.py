"""Dumps of the database in the shared folder, and the way back.

All of this runs in a process of its own, which the agent starts and does not wait
for: a shared folder that hangs must hold up nothing but the dump.
"""

import dataclasses
import fcntl
import os
import re
import shutil
import tempfile
import time
from pathlib import Path

import daemons
from database import kdc_conf, write
from lease import Item, Table
from settings import Refused

KEPT = 48  # dumps; AWS Backup keeps older ones


def back_up(settings, database):
    """Write a dump with the stash of its master key, tried by loading it; returns its path."""
    if not settings.backups:
        raise Refused('backup is ""; want a folder')
    with tempfile.TemporaryDirectory(dir=settings.state) as folder:
        dump = Path(folder) / "dump"
        database.dump(dump)
        count = verify(settings, dump, settings.path("stash"))
        target = settings.backups / f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{count}.dump"
        settings.backups.mkdir(parents=True, exist_ok=True, mode=0o700)
        _copy(settings.path("stash"), target.with_suffix(".stash"))
        _copy(dump, target)
    for old in sorted(settings.backups.glob("*.dump"))[:-KEPT]:
        old.unlink()
        old.with_suffix(".stash").unlink(missing_ok=True)
    return target


def verify(settings, dump, stash):
    """Load a dump into a database of its own and read it with the master key; the number of principals."""
    with tempfile.TemporaryDirectory(dir=settings.state) as folder:
        aside = dataclasses.replace(settings, state=Path(folder))
        shutil.copy(stash, aside.path("stash"))
        write(aside.path("kdc.conf"), kdc_conf(aside, replicated=False))
        shutil.copy(settings.path("krb5.conf"), aside.path("krb5.conf"))
        daemons.run("kdb5_util", "-r", settings.realm, "load", dump, settings=aside, seconds=600)
        daemons.run("kdb5_util", "-r", settings.realm, "list_mkeys", settings=aside)
        said = daemons.run("kadmin.local", "-r", settings.realm, settings=aside, said="listprincs\nquit\n")
    principals = re.findall(rf"^\S+@{re.escape(settings.realm)}$", said, re.M)
    if f"krbtgt/{settings.realm}@{settings.realm}" not in principals:
        raise daemons.Failed(f"{dump}: no krbtgt/{settings.realm} in it")
    return len(principals)


def restore(settings, database, dump):
    """Make a dump the database of the realm: this node's, and by its next term of office everybody's."""
    dump = Path(dump)
    with settings.path("agent.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Refused("the agent of this node runs; stop it first") from None
        stash = dump.with_suffix(".stash")
        count = verify(settings, dump, stash)
        shutil.copy(stash, settings.path("stash"))
        database.load(dump)
        database.forget_position()
        settings.path("complete").touch()
        _appoint(settings)
    return count


def _appoint(settings):
    """Give this node the next term: whoever holds the lease loses it, and no other node may take it."""
    table = Table(settings)
    item = table.read()
    table.write(Item(0, item.epoch if item else 0, "", "", (settings.name,), settings.realm), item)


def _copy(source, target):
    """Whole or not at all, and on the disk."""
    new = target.with_name(f".{target.name}.new")
    with source.open("rb") as read, os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        shutil.copyfileobj(read, out)
        out.flush()
        os.fsync(out.fileno())
    new.rename(target)
