#!/usr/bin/env python3
"""`make bench-startup`: what the shim adds to the life of a tiny program, step by step.

A step is the difference between two ways of starting it, of which one does it and one does not.
Time is compared by the lowest of many interleaved starts, the CPU time of all the program's threads
by the median, system calls by the fewest of some runs under strace.
"""
import argparse
import collections
import os
import re
import statistics
import sys
import tempfile

from measure import Build, budgets, installed, run, table

TRACES = 3


def ways(build, scratch):
    """How the tiny program is started: label to environment."""
    ours = f"LD_PRELOAD={build.shim}"
    return {
        "plain": [],
        "empty object": [f"LD_PRELOAD={build.empty}"],
        "forwarding": [f"LD_PRELOAD={build.forward}"],
        "disabled": [ours, "OTELUE_DISABLED=true"],
        "otelue": [ours],
        "to a file": [ours, "OTELUE_METRICS_EXPORTER=otlp_file",
                      f"OTELUE_FILE={os.path.join(scratch, 'metrics.jsonl')}"],
    }


def costs(build, rounds, variants):
    """{label: (lowest wall time, median CPU time)} in microseconds"""
    words = []
    for label, variables in variants.items():
        words += ["--", label, *variables]
    out = run([build.start, str(rounds), build.tiny, *words[1:]])
    result = {}
    for line in out.splitlines():
        label, *pairs = line.split("\t")
        wall, cpu = zip(*(map(float, pair.split(":")) for pair in pairs))
        result[label] = (min(wall), statistics.median(cpu))
    return result


def trace(build, variables, scratch):
    out = os.path.join(scratch, "strace")
    arguments = [word for variable in variables for word in ("-E", variable)]
    run(["strace", "-f", "-o", out, *arguments, build.tiny])
    counts = collections.Counter()
    with open(out, encoding="utf-8", errors="replace") as file:
        for line in file:
            match = re.match(r"\d+ +(\w+)\(", line)
            if match:
                counts[match[1]] += 1
    return counts


def system_calls(build, variants, scratch):
    """{label: how often each system call is made, by all threads}. The threads' turns change a few
    of them, so the run with the fewest counts."""
    return {label: min((trace(build, variables, scratch) for _ in range(TRACES)),
                       key=lambda counts: sum(counts.values()))
            for label, variables in variants.items()}


def less(more, fewer):
    return tuple(a - b for a, b in zip(more, fewer))


def print_steps(cost):
    """cost: wall and CPU time, and the number of system calls where it is known. Returns the wall
    time that the whole adds."""
    whole = less(cost["otelue"], cost["plain"])
    steps = [
        ["plain", cost["plain"]],
        ["+ any object, empty", less(cost["empty object"], cost["plain"])],
        ["+ an object with our names that forwards", less(cost["forwarding"], cost["plain"])],
        ["+ ours, disabled: loaded, relocated, settings read",
         less(cost["disabled"], cost["plain"])],
        ["  ... and counting: segment made, emitter cloned, both taken away",
         less(cost["otelue"], cost["disabled"])],
        ["+ ours, whole", whole],
        ["  ... and an export to a file at exit", less(cost["to a file"], cost["otelue"])],
    ]
    table(["a tiny program, posix_spawn to its end", "us", "us of CPU", "system calls"],
          [[name, f"{wall:.0f}", f"{cpu:.0f}", calls[0] if calls and calls[0] else "-"]
           for name, (wall, cpu, *calls) in steps])
    return whole[0]


def print_system_calls(counts):
    labels = list(counts)
    names = sorted(set().union(*counts.values()), key=lambda name: -counts["to a file"][name])
    rows = [["all"] + [sum(counts[label].values()) for label in labels]]
    rows += [[name] + [counts[label][name] for label in labels] for name in names
             if len({counts[label][name] for label in labels}) > 1]
    table(["system call"] + labels, rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, help="the build directory")
    parser.add_argument("--rounds", type=int, default=500, help="interleaved starts of each")
    options = parser.parse_args()
    build = Build(options.build)
    with tempfile.TemporaryDirectory() as scratch:
        variants = ways(build, scratch)
        cost = costs(build, options.rounds, variants)
        counts = system_calls(build, variants, scratch) if installed("strace") else {}
        for label in counts:
            cost[label] += (sum(counts[label].values()),)
        added = print_steps(cost)
        if counts:
            print_system_calls(counts)
        else:
            print("system calls: strace is not installed")
    limit = budgets()["start"][1]
    print(f"start: {added:+.0f} us of +{limit:g} us: {'within' if added <= limit else 'OVER'}")
    sys.exit(added > limit)


if __name__ == "__main__":
    main()
