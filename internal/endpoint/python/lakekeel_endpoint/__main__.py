"""Start the endpoint, or print what it covers.

python -m lakekeel_endpoint --home FOLDER --jars FOLDER --port 4566
python -m lakekeel_endpoint --types [--json]
python -m lakekeel_endpoint --operations quicksight
"""

from __future__ import annotations

import argparse
import logging
import os
import re
import socket
import sys
from pathlib import Path

from .home import Home, HomeInUse
from .settings import HOST, Settings


def main(argv: list[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    args = _parser().parse_args(argv)
    if args.types or args.operations:
        return _print_coverage(args)
    if faults := _faults(args):
        return _refuse(*faults)
    _log_to_stderr(args.log_level)
    try:
        home = Home(args.home.resolve())
    except HomeInUse as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(f"--home is {str(args.home)!r}; want a folder that can be written ({error.strerror})")
    listener = _listen(args.port)
    if listener is None:
        return _refuse(f"--port is {args.port}; want a free port: another program listens there (0 picks a free one)")
    settings = _settings(args, listener.getsockname()[1])
    home.prepare(settings)
    settings.apply()
    # Only now: the engines read their environment when they are imported.
    from . import server

    try:
        server.run(settings, home, listener)
    finally:
        home.leave(settings)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lakekeel_endpoint",
        description="AWS's APIs on this machine, for one account and as many stacks as you like.",
    )
    parser.add_argument("--home", type=Path, help="folder of endpoint.json, state/ and runs/")
    parser.add_argument("--jars", type=Path, help="folder of the S3A jars that Spark jobs run with")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0, the default, picks a free one")
    parser.add_argument("--account", default="123456789012", help="twelve digits; also the access key id to use")
    parser.add_argument("--region", default="eu-west-1", help="the default region")
    parser.add_argument("--persist", action="store_true", help="keep the state over a restart")
    parser.add_argument("--record-unknown", action="store_true", help="record types that nothing backs instead of refusing them")
    parser.add_argument("--minute", type=float, default=60.0, metavar="SECONDS", help="how long a declared minute lasts (tests use 1)")
    parser.add_argument("--types", action="store_true", help="print which CloudFormation types are covered, and exit")
    parser.add_argument("--operations", choices=("quicksight",), help="print which operations of a service are answered, and exit")
    parser.add_argument("--json", action="store_true", help="with --types: as JSON")
    parser.add_argument("--log-level", default="INFO", choices=("DEBUG", "INFO", "WARNING", "ERROR"))
    return parser


def _faults(args: argparse.Namespace) -> list[str]:
    """Every argument that cannot be accepted, one sentence each."""
    checks = (
        (args.home is not None, "--home is missing; want the folder for the endpoint's state"),
        (args.jars is not None, "--jars is missing; want the folder of Spark's S3A jars"),
        (0 <= args.port <= 65535, f"--port is {args.port}; want 0 to 65535"),
        (re.fullmatch(r"\d{12}", args.account), f"--account is {args.account!r}; want twelve digits"),
        (re.fullmatch(r"[a-z]{2,4}(-[a-z]+)+-\d", args.region), f"--region is {args.region!r}; want a region such as eu-west-1"),
        (args.minute > 0, f"--minute is {args.minute:g}; want more than 0 seconds"),
    )
    return [fault for ok, fault in checks if not ok]


def _settings(args: argparse.Namespace, port: int) -> Settings:
    return Settings(
        home=args.home.resolve(),
        jars=args.jars.resolve(),
        port=port,
        account=args.account,
        region=args.region,
        persist=args.persist,
        record_unknown=args.record_unknown,
        minute=args.minute,
    )


def _listen(port: int) -> socket.socket | None:
    """A listening socket on the port, or None when it is taken.

    It is bound before anything else is started, so that of two programs that
    want the port one is told at once.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # A port that a stopped endpoint used a moment ago counts as free.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except OSError:
        listener.close()
        return None
    return listener


def _print_coverage(args: argparse.Namespace) -> int:
    Settings(home=Path(os.devnull), jars=Path(os.devnull), port=1).apply()
    os.environ["LOG_LEVEL"] = "ERROR"
    from . import quicksight, types

    if args.operations:
        print(quicksight.coverage())
        return 0
    coverage = types.read()
    print(coverage.as_json() if args.json else coverage.as_table())
    return 0


def _log_to_stderr(level: str) -> None:
    """Our own lines at level; the engines' from WARNING on, they are talkative."""
    logging.basicConfig(level="DEBUG" if level == "DEBUG" else "WARNING", format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("lakekeel").setLevel(level)


def _refuse(*faults: str) -> int:
    for fault in faults:
        print(f"lakekeel endpoint: {fault}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
