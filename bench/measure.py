#!/usr/bin/python3
"""What a run of a program takes.

    measure.py LOG COMMAND...

runs the command, puts what it says into the file LOG, and prints the number of its
process when it has started and what it took when it has ended. It is a program of its
own, and a small one, because Linux counts the memory of the process that starts a
command as that of the command.
"""

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass


@dataclass
class Run:
    wall: float  # seconds
    cpu: float  # seconds, user and system, of the process and all its children
    rss: float  # MB, the peak of the largest process
    others: float  # CPU seconds of all other programs meanwhile
    status: int  # the exit code


class Failed(Exception):
    """A program ended with an error, or did not do its work."""


def run(command, env, log, watch=lambda pid: None):
    """Run the command; what it says goes to the file log. watch is called once it has started."""
    measure = [sys.executable, "-S", __file__, log, *command]
    with subprocess.Popen(measure, env={**os.environ, **env}, stdout=subprocess.PIPE, text=True) as process:
        watch(int(process.stdout.readline()))
        taken = Run(**json.loads(process.stdout.readline()))
    if taken.status != 0:
        with open(log) as said:
            raise Failed(f"{command}: exit code {taken.status}\n{said.read()}")
    return taken


def main():
    log, command = sys.argv[1], sys.argv[2:]
    os.sync()  # what the run before wrote
    with open(log, "w") as said:
        busy, start = busy_seconds(), time.monotonic()
        process = subprocess.Popen(command, stdout=said, stderr=said)
        print(process.pid, flush=True)
        _, status, used = os.wait4(process.pid, 0)
        wall, busy = time.monotonic() - start, busy_seconds() - busy
    cpu = used.ru_utime + used.ru_stime
    taken = Run(wall, cpu, used.ru_maxrss / 1024, max(0, busy - cpu), os.waitstatus_to_exitcode(status))
    print(json.dumps(asdict(taken)))


def busy_seconds():
    """Return the CPU seconds that the whole machine has worked."""
    with open("/proc/stat") as stat:
        _, user, nice, system, _, _, irq, softirq, steal, *_ = stat.readline().split()
    return sum(map(int, (user, nice, system, irq, softirq, steal))) / os.sysconf("SC_CLK_TCK")


def resident(pid):
    """Return the MB that a process has in memory, None when it has ended."""
    try:
        with open(f"/proc/{pid}/status") as status:
            lines = [line for line in status if line.startswith("VmRSS:")]
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(lines[0].split()[1]) / 1024 if lines else None


if __name__ == "__main__":
    main()
