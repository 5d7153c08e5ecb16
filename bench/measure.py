"""What the programs of bench/ share: where the build's objects are, budgets, running loops, tables.

Nothing here decides what is measured. Every program that is started has a time limit.
"""
import os
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TIME_LIMIT_S = 120


class Build:
    """The build directory and what `make` left in it."""

    def __init__(self, directory):
        self.directory = os.path.abspath(directory)
        self.shim = self.path(".libs", "libotelue_preload.so")
        self.forward = self.path(".libs", "bench-forward.so")
        self.empty = self.path(".libs", "bench-empty.so")
        self.loops = self.path("bench-loops")
        self.tiny = self.path("bench-tiny")
        self.start = self.path("bench-start")
        self.encode = self.path("bench-encode")

    def path(self, *parts):
        path = os.path.join(self.directory, *parts)
        if not os.path.exists(path):
            sys.exit(f"bench: {path} is missing: run `make bench` in the build directory")
        return path

    def variants(self):
        """LD_PRELOAD for each way of running a program, the plain one first."""
        return {"plain": None, "forwarding": self.forward, "otelue": self.shim}


def environment(preload=None, **more):
    """This process's environment without settings of ours, with an object preloaded."""
    env = {name: value for name, value in os.environ.items()
           if not name.startswith(("OTELUE_", "OTEL_")) and name != "LD_PRELOAD"}
    if preload:
        env["LD_PRELOAD"] = preload
    env.update(more)
    return env


class CommandFailed(RuntimeError):
    """A command did not do what it must; said: what it printed against it."""

    def __init__(self, command, said):
        super().__init__(f"{' '.join(command)}: {said.strip()}")
        self.said = said


def kill(process, signal_number=signal.SIGKILL):
    """Sends it to a process that leads a session, and to all that it started."""
    try:
        os.killpg(process.pid, signal_number)
    except ProcessLookupError:
        pass


def run(command, env=None, limit_s=TIME_LIMIT_S, **more):
    """Output of a command that must succeed. At the time limit all that it started is ended."""
    with subprocess.Popen(command, env=env or environment(), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, start_new_session=True,
                          **more) as process:
        try:
            out, errors = process.communicate(timeout=limit_s)
        except BaseException:
            kill(process)
            raise
    if process.returncode != 0 or "cannot be preloaded" in errors:
        raise CommandFailed(command, errors or f"exit {process.returncode}")
    return out


def paths(build):
    """Rows of bench-loops: name, rounds of one measurement, whether counted, what it is."""
    rows = []
    for line in run([build.loops, "--list"]).splitlines():
        name, calls, kind, what = line.split("\t")
        rows.append((name, int(calls), kind == "counted", what))
    return rows


def loop_command(build, path, calls, repeats, settle_ms):
    return [build.loops, path, str(calls), str(repeats), str(settle_ms)]


def loop_ns(command, env=None, limit_s=TIME_LIMIT_S):
    """Lowest nanoseconds that a round of a path took. The command is loop_command, or runs it."""
    out = run(command, env, limit_s)
    numbers = re.findall(r"^\d+\.\d+$", out, re.MULTILINE)
    if len(numbers) != 1:
        raise CommandFailed(command, out or "printed nothing")
    return float(numbers[0])


def budgets():
    """budgets.txt: {path: (kind, limit)}; kind is a unit, or ratio."""
    result = {}
    with open(os.path.join(HERE, "budgets.txt"), encoding="utf-8") as file:
        for line in file:
            words = line.split("#")[0].split()
            if words:
                name, kind, limit = words
                result[name] = (kind, float(limit))
    return result


def median_with_bound(values, resamples=2000):
    """Median and the bounds of its 95 % interval, by bootstrap with a fixed seed."""
    source = random.Random(1)
    medians = sorted(statistics.median(source.choices(values, k=len(values)))
                     for _ in range(resamples))
    return (statistics.median(values), medians[int(0.025 * resamples)],
            medians[int(0.975 * resamples) - 1])


def installed(command):
    return shutil.which(command) is not None


def table(header, rows):
    """Prints a table of Markdown, columns aligned."""
    cells = [[str(cell) for cell in row] for row in [header, *rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    cells.insert(1, ["-" * width for width in widths])
    for row in cells:
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |")
    print(flush=True)
