#!/usr/bin/env python3
"""`make bench-programs`: whole programs under the shim and without it, in interleaved pairs.

What is quoted is the median of the ratios of the pairs with its 95 % bounds (bootstrap), for the time
on the clock and for the CPU time of the program and its children. Which of a pair comes first
alternates. A program passes when the upper bound of either is within budgets.txt. On a noisy machine
run it as `chrt --rr 1 make bench-programs PAIRS=201`. Beside it the ratio of the instructions that
callgrind counts, all processes of a program together: it repeats, but knows nothing of the kernel.
"""
import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from measure import (TIME_LIMIT_S, Build, budgets, environment, installed, median_with_bound, run,
                     table)


def timed(command, env, **more):
    """(seconds on the clock, seconds of CPU) of a command that must succeed. No timeout(1) around
    it, which would be a second program under the shim."""
    start = time.monotonic()
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          **more) as process:
        limit = threading.Timer(TIME_LIMIT_S, process.kill)
        limit.start()
        error = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        limit.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
    took = time.monotonic() - start
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {error.decode(errors='replace')}")
    return took, usage.ru_utime + usage.ru_stime


class Command:
    """A program that is run from start to end."""

    def __init__(self, name, needs, command, stdin=None):
        self.name, self.needs, self.command, self.stdin = name, needs, command, stdin

    def measure(self, env, scratch):
        with open(self.stdin or os.devnull, encoding="utf-8") as stdin:
            return timed(self.command, env, cwd=scratch, stdin=stdin)

    def instructions(self, env, scratch):
        with tempfile.TemporaryDirectory() as out, \
             open(self.stdin or os.devnull, encoding="utf-8") as stdin:
            run(["valgrind", "-q", "--tool=callgrind", "--trace-children=yes",
                 f"--callgrind-out-file={out}/%p", *self.command], env, cwd=scratch, stdin=stdin)
            return sum(int(line.split()[1]) for name in os.listdir(out)
                       for line in open(os.path.join(out, name), encoding="utf-8")
                       if line.startswith("totals:"))


class Redis:
    """redis-server under the shim, redis-benchmark on loopback without it. The time is the one of
    the benchmark's requests, the CPU time the server's for them."""

    needs = "redis-benchmark"

    def __init__(self, name, test, requests):
        self.name, self.test, self.requests = name, test, requests

    def measure(self, env, scratch):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = str(probe.getsockname()[1])
        server = subprocess.Popen(["redis-server", "--port", port, "--save", "", "--appendonly", "no",
                                   "--bind", "127.0.0.1"], env=env, cwd=scratch,
                                  stdout=subprocess.DEVNULL)
        try:
            self.wait_for(port)
            before = cpu_of(server.pid)
            start = time.monotonic()
            run(["redis-benchmark", "-p", port, "-t", self.test, "-n", str(self.requests), "-q"])
            return time.monotonic() - start, cpu_of(server.pid) - before
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(TIME_LIMIT_S)

    @staticmethod
    def wait_for(port):
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", int(port)), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise RuntimeError("redis-server does not answer")


def cpu_of(pid):
    """Seconds of CPU of a process's threads, to the nanosecond."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="utf-8") as file:
            total += int(file.read().split()[0])
    return total / 1e9


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def database_of(scratch, rows):
    """(a file of SQL that inserts so many rows, a database that holds them)"""
    insert = write(os.path.join(scratch, f"insert{rows}.sql"), "".join(
        ["create table t(a integer primary key, b text);\n", "begin;\n"] +
        [f"insert into t values({i}, 'row number {i}');\n" for i in range(rows)] + ["commit;\n"]))
    database = os.path.join(scratch, f"select{rows}.db")
    with open(insert, encoding="utf-8") as stdin:
        run(["sqlite3", database], stdin=stdin)
    return insert, database


def source_of(scratch, functions):
    return write(os.path.join(scratch, f"work{functions}.c"), C_HEAD + "".join(
        C_FUNCTION.replace("NUMBER", str(i)) for i in range(functions)))


def lines_of(scratch, count):
    return write(os.path.join(scratch, f"lines{count}"), "".join(
        f"{i * 2654435761 % 1000003} line {i}\n" for i in range(count)))


def programs(scratch):
    """The programs, with what they work on made in a scratch directory. Those of 30 to 100 ms show
    what a start costs, too; the _long ones, ten times as much of the same, what the work costs."""
    insert, database = database_of(scratch, 30000)
    long_database = database_of(scratch, 300000)[1]
    select = write(os.path.join(scratch, "select.sql"), "".join(
        f"select count(*), sum(length(b)) from t where b like '%{i}%';\n" for i in range(12)) +
        "select * from t order by b;\n")
    python = write(os.path.join(scratch, "work.py"), PYTHON)
    return [
        Redis("redis_get", "get", 20000),
        Redis("redis_set", "set", 20000),
        Command("sqlite_insert", "sqlite3", ["sqlite3", ":memory:"], stdin=insert),
        Command("sqlite_select", "sqlite3", ["sqlite3", database], stdin=select),
        Command("python", sys.executable, [sys.executable, "-I", python]),
        Command("gcc", "gcc", ["gcc", "-O1", "-c", source_of(scratch, 30), "-o", os.devnull]),
        Command("sort", "sort", ["sort", "-S", "2M", "-T", scratch, lines_of(scratch, 100000)]),
        Command("sqlite_select_long", "sqlite3", ["sqlite3", long_database], stdin=select),
        Command("gcc_long", "gcc", ["gcc", "-O1", "-c", source_of(scratch, 300), "-o", os.devnull]),
        Command("sort_long", "sort", ["sort", "-S", "20M", "-T", scratch, lines_of(scratch, 1000000)]),
    ]


PYTHON = """
import json
rows = [{"id": i, "name": f"row {i}", "tags": [str(j) for j in range(i % 7)]} for i in range(20000)]
for _ in range(2):
    rows = json.loads(json.dumps(rows))
assert sum(len(row["tags"]) for row in rows) == 59997
"""
C_HEAD = "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n"
C_FUNCTION = """
int work_NUMBER(const char *text, int depth)
{
	char line[64];
	int sum = 0;

	for (size_t i = 0; i < strlen(text); i++)
		sum += text[i] * (int)i % (depth + 1);
	snprintf(line, sizeof(line), "%d NUMBER", sum);
	return depth ? work_NUMBER(line, depth - 1) + atoi(line) : sum;
}
"""


def measure_pairs(build, program, pairs, scratch):
    """Ratios of the clock and of the CPU time, pair by pair."""
    envs = {"plain": environment(), "otelue": environment(build.shim)}
    for env in envs.values():
        program.measure(env, scratch)
    clock, cpu = [], []
    for pair in range(pairs):
        order = ["plain", "otelue"] if pair % 2 else ["otelue", "plain"]
        took = {way: program.measure(envs[way], scratch) for way in order}
        clock.append(took["otelue"][0] / took["plain"][0])
        cpu.append(took["otelue"][1] / took["plain"][1])
    return clock, cpu


def instructions_ratio(build, program, scratch):
    if not hasattr(program, "instructions") or not installed("valgrind"):
        return ""
    plain, ours = (program.instructions(environment(preload), scratch)
                   for preload in (None, build.shim))
    return f"{ours / plain:.3f}"


def cell(ratios):
    median, low, high = median_with_bound(ratios)
    return f"{median:.3f} ({low:.3f} to {high:.3f})", high


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, help="the build directory")
    parser.add_argument("--pairs", type=int, default=21, help="interleaved pairs, 20 at least")
    parser.add_argument("program", nargs="*", help="only these programs")
    options = parser.parse_args()
    build, limits, rows = Build(options.build), budgets(), []
    with tempfile.TemporaryDirectory() as scratch:
        for program in programs(scratch):
            if options.program and program.name not in options.program:
                continue
            if not installed(program.needs):
                rows.append([program.name, "not installed", "", "", "", ""])
                continue
            clock, cpu = (cell(ratios) for ratios in
                          measure_pairs(build, program, options.pairs, scratch))
            limit = limits[program.name][1]
            word = "within" if min(clock[1], cpu[1]) <= limit else "OVER"
            rows.append([program.name, clock[0], cpu[0],
                         instructions_ratio(build, program, scratch), f"{limit:g}", word])
            print(*rows[-1], sep="  ", file=sys.stderr, flush=True)
    table(["program", f"clock: median of {options.pairs} ratios (95 %)", "CPU", "instructions",
           "limit", ""], rows)


if __name__ == "__main__":
    main()
