"""Stand between a program and its jsii kernel, and count.

JSII_RUNTIME="python wire.py REPORT NODE ENTRYPOINT": the kernel's own protocol
passes through unchanged, one JSON object a line. REPORT gets the number of
calls and the seconds in which the program waited for an answer, which is the
share of its time that is spent in jsii calls, serialization on its own side
apart.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path


def main(report: Path, command: list[str]) -> int:
    kernel = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    ask, answer = sys.stdin.buffer, sys.stdout.buffer
    calls: dict[str, int] = {}
    waited = 0.0
    started = time.perf_counter()
    answer.write(kernel.stdout.readline())  # the kernel speaks first
    answer.flush()
    for request in iter(ask.readline, b""):
        before = time.perf_counter()
        kernel.stdin.write(request)
        kernel.stdin.flush()
        reply = kernel.stdout.readline()
        waited += time.perf_counter() - before
        api = json.loads(request).get("api", "exit")
        calls[api] = calls.get(api, 0) + 1
        answer.write(reply)
        answer.flush()
    kernel.stdin.close()
    report.write_text(json.dumps({"calls": calls, "waited": waited, "wall": time.perf_counter() - started}))
    return kernel.wait()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
