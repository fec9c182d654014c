"""Runs a command that cannot outlive the process that started it.

    python3 supervise.py command argument…

The command takes over this process (same process id, a process group of its own). A small watcher stays behind and holds
the standard input this process was given, a pipe whose other end only the owner has. When the owner ends, in whatever way,
`kill -9` included, the kernel closes that pipe; the watcher reads end-of-file and ends the whole group: SIGTERM, then
SIGKILL after a grace period. Killing the command ends the rest of its group as well.

Ctrl-C in a terminal reaches neither of them (they are in a session of their own): the owner decides when and in what
order its processes end, since it may still have to put things back through them.

Standard library only, and runs on Linux and macOS alike.
"""

import os
import select
import signal
import sys
import time

GRACE_SECONDS = float(os.environ.get("SUPERVISE_GRACE_SECONDS", "1"))
# How often the watcher looks whether the command is still there. End-of-file on the pipe wakes it at once.
LOOK_SECONDS = 0.5


def end_group(group: int) -> None:
    """Ends every process of the group; returns when none is left or all were sent SIGKILL."""
    deadline = time.monotonic() + GRACE_SECONDS
    try:
        os.killpg(group, signal.SIGTERM)
        while time.monotonic() < deadline:
            time.sleep(0.05)
            os.killpg(group, 0)
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def watch(command: int) -> None:
    """Never returns: ends with the command, or ends the command with its owner."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    os.setsid()
    silent = os.open(os.devnull, os.O_RDWR)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    while os.getppid() == command:
        readable, _, _ = select.select([0], [], [], LOOK_SECONDS)
        if readable and os.read(0, 4096) == b"":
            break
    end_group(command)
    os._exit(0)


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit("supervise.py: no command given; usage: supervise.py command argument…")
    if os.getpid() != os.getpgrp():
        os.setsid()
    command = os.getpid()
    if os.fork() == 0:
        watch(command)
    silent = os.open(os.devnull, os.O_RDONLY)
    os.dup2(silent, 0)
    os.close(silent)
    try:
        os.execvp(sys.argv[1], sys.argv[1:])
    except OSError as problem:
        print(f"supervise.py: cannot run {sys.argv[1]}: {problem.strerror}", file=sys.stderr)
        os._exit(127)


if __name__ == "__main__":
    main()
