"""The KDC node's one program: python3 kdc.py COMMAND --settings FILE. See README.md."""

import argparse
import asyncio
import inspect
import json
import logging
import os
import sys
import time

import proxy
import settings as ports
from daemons import Failed
from settings import ADMINISTRATORS, Refused, Settings


def set_up(path):
    """Prepare this node; asking again changes nothing."""
    import vault
    from database import Database

    s = Settings.read(path)
    Database(s).set_up(vault.read(s))


def run_agent(path):
    """Be replica or primary."""
    from agent import Agent

    async def live():
        await Agent(path).run()  # made inside the loop, as Python 3.9's events want it

    asyncio.run(live())


def run_krb5kdc(path):
    """Become krb5kdc as soon as there is a database that is worth answering from."""
    import daemons

    s = Settings.read(path)
    while not s.path("complete").exists():
        time.sleep(0.1)
    program = daemons.program("krb5kdc")
    os.execve(program, [program, "-n", "-r", s.realm, "-P", str(s.path("krb5kdc.pid"))], daemons.environment(s))


def run_proxy(path):
    """Be the way in of a node or of a client."""
    asyncio.run(proxy.Proxy(proxy.ways(path)).run())


def asked(s):
    """What the agent of this node says of itself."""
    import urllib.request

    with urllib.request.urlopen(f"http://{s.address}:{ports.HEALTH}/status", timeout=5) as answer:
        return json.load(answer)


def show_status(path):
    """Print what the agent says of itself."""
    print(json.dumps(asked(Settings.read(path)), indent=1))


def drain(path):
    """Have the balancer leave this node out and another node be primary; logins are served all the same. Returns when that is so."""
    s = Settings.read(path)
    s.path("draining").touch()
    for _ in range(150):
        status = asked(s)
        if status["draining"] and status["primary"] != s.name:
            return
        time.sleep(0.1)
    raise Refused("no other node has everything, so this one stays primary; add one first")


def undrain(path):
    """Come back."""
    Settings.read(path).path("draining").unlink(missing_ok=True)


def back_up(path):
    """Write a verified dump to the shared folder."""
    import backup
    from database import Database

    s = Settings.read(path)
    print(backup.back_up(s, Database(s)))


def restore(path, dump):
    """Go back to a dump."""
    import backup
    from database import Database

    s = Settings.read(path)
    print(f"{backup.restore(s, Database(s), dump)} principals")


def rotate(path, secret, version, step):
    """Set the administrators' password to a version of their secret, or test it by logging in. Only the primary does, and says so."""
    import vault
    from database import Database

    s = Settings.read(path)
    if asked(s)["role"] != "primary":
        return
    password = vault.field(s, secret, version, "admin_password")
    database = Database(s)
    for principal in ADMINISTRATORS:
        if step == "set":
            database.set_password(principal, password)
        else:
            database.log_in(principal, password)
    print("done")


COMMANDS = {
    "setup": set_up,
    "agent": run_agent,
    "krb5kdc": run_krb5kdc,
    "proxy": run_proxy,
    "status": show_status,
    "drain": drain,
    "undrain": undrain,
    "backup": back_up,
    "restore": restore,
    "rotate": rotate,
}


def main(argv):
    """Run one command; wrong settings are told in a line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND", help=", ".join(COMMANDS))
    parser.add_argument("--settings", required=True, help="JSON file")
    parser.add_argument("--dump", help="restore: the file to go back to, its .stash beside it")
    parser.add_argument("--secret", help="rotate: id of the administrators' secret")
    parser.add_argument("--version", help="rotate: id of the version")
    parser.add_argument("--step", choices=["set", "test"], help="rotate: what to do")
    args = parser.parse_args(argv)
    given = {name: value for name, value in vars(args).items() if value and name not in ("command", "settings")}
    wanted = list(inspect.signature(COMMANDS[args.command]).parameters)[1:]
    if sorted(given) != sorted(wanted):
        parser.error(f"{args.command} wants {', '.join('--' + name for name in ['settings', *wanted])}")
    os.umask(0o077)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s", stream=sys.stderr)
    logging.getLogger("botocore").setLevel(logging.WARNING)
    try:
        COMMANDS[args.command](args.settings, **given)
    except (Refused, Failed, OSError) as err:
        sys.exit(f"kdc.py {args.command}: {err}")


if __name__ == "__main__":
    main(sys.argv[1:])
