#!/usr/bin/env python3
"""`make bench-check`: instructions added to each hot path of bench/instruction-limits.txt.

Counted by callgrind, which repeats where time does not. bench-loops runs each path with N and 2N
rounds, plain and under the shim; the difference of the differences over N is what one round costs
more. It fails where that is over the limit, or a path has no limit. Rows off_... are those of a
program of which nothing is counted.

  --update     writes the limits anew: the most of three, and a tenth more
  --self-test  shows that one instruction more is seen, and that a limit too low fails
"""
import argparse
import glob
import math
import os
import re
import statistics
import sys
import tempfile

from measure import HERE, Build, environment, paths, run, table

ROUNDS = 200
SETTLE_MS = 400  # the emitter wakes after 100 ms and calibrates the processor's counter
LIMITS = os.path.join(HERE, "instruction-limits.txt")
ROOM = 1.1
OFF = "off_"
SCHEDULED = ["thread"]  # whether join has to wait is the scheduler's to say
LOOSE = 0.8  # below this part of its limit a path is named, so that the limit gets tightened


def totals(build, preload, **settings):
    """Instructions of each counted(), in the order in which they were run."""
    with tempfile.TemporaryDirectory() as scratch:
        out = os.path.join(scratch, "callgrind")
        run(["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={out}",
             "--dump-after=counted", "--toggle-collect=run_*",
             build.loops, "--count", str(ROUNDS), str(SETTLE_MS)], environment(preload, **settings))
        result = {}
        for path in glob.glob(out + ".*"):
            with open(path, encoding="utf-8") as file:
                text = file.read()
            if "Trigger: --dump-after=counted" in text:
                part = int(re.search(r"^part: (\d+)", text, re.MULTILINE)[1])
                result[part] = int(re.search(r"^totals: (\d+)", text, re.MULTILINE)[1])
    return [result[part] for part in sorted(result)]


def a_round(build, preload, **settings):
    """{path: instructions of one round}"""
    names = [name for name, _, counted, _ in paths(build) if counted]
    counts = totals(build, preload, **settings)
    if len(counts) != 3 * len(names):
        sys.exit(f"bench-check: {len(counts)} counts for {len(names)} paths")
    return {name: (counts[3 * i + 2] - counts[3 * i + 1]) / ROUNDS for i, name in enumerate(names)}


def added(build, preload, plain, **settings):
    return {name: count - plain[name]
            for name, count in a_round(build, preload, **settings).items()}


def added_when_off(build, plain):
    """What a program pays of which nothing is counted: disabled, or left out by its name."""
    return {OFF + name: count
            for name, count in added(build, build.shim, plain, OTEL_SDK_DISABLED="true").items()}


def settled(build, measure, plain, limits, pick=statistics.median):
    """What is over its limit is measured twice more, plain too, and the median taken: a call that is
    timed takes another way where it took longer, threads meet or do not, and the runs that are
    compared may differ in that."""
    first = measure(plain)
    if not over(first, limits):
        return first
    runs = [first] + [measure(a_round(build, None)) for _ in range(2)]
    return {name: pick(run[name] for run in runs) for name in first}


def read_limits(path):
    limits = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            words = line.split("#")[0].split()
            if words:
                limits[words[0]] = int(words[1])
    return limits


def write_limits(measured):
    with open(LIMITS, "w", encoding="utf-8") as file:
        file.write("# Instructions that one round of a path of bench-loops may have more under the "
                   "shim (x86-64).\n# Written by `make bench-limits`: the most of three measured with gcc 12, and "
                   "a tenth more.\n")
        for name, count in measured.items():
            file.write(f"{name} {math.ceil(max(count, 0) * ROOM)}\n")


def over(measured, limits):
    """Paths above their limit or without one."""
    return [name for name, count in measured.items() if count > limits.get(name, -1)]


def report(plain, measured, limits):
    failed = over(measured, limits)
    lines = []
    for name, count in measured.items():
        limit = limits.get(name)
        word = "OVER" if name in failed else "ok"
        if limit is None:
            word = "has no limit"
        elif word == "ok" and count < LOOSE * limit:
            word = "far below: tighten with make bench-limits"
        lines.append([name, f"{plain[name.removeprefix(OFF)]:.1f}", f"{count:.1f}", limit, word])
    table(["path", "plain", "added", "limit", ""], lines)
    return failed


def self_test(build, plain):
    """With the forwarding object behind ours every hooked call takes one jump more."""
    ours = added(build, build.shim, plain)
    # The longer the environment, the lower the stack begins, and strlen (in fgets) takes another way
    # there: the same length for both, by slashes that mean nothing.
    both = f"{build.shim} {build.forward}"
    directory, name = os.path.split(build.shim)
    again = added(build, directory + "/" * (len(both) - len(directory) - len(name)) + name, plain)
    more = added(build, both, plain)
    # Timed paths vary by a few instructions with the time that was taken.
    steady = {name: count for name, count in ours.items()
              if count >= 1 and count == again[name] and name not in SCHEDULED}
    if "malloc_64" not in steady:
        sys.exit("bench-check: the count of malloc_64 does not repeat")
    # Counts are means of many rounds: not whole numbers where one round in a thousand takes longer.
    limits = {name: count + 0.5 for name, count in steady.items()}
    if over(steady, limits):
        sys.exit(f"bench-check: {over(steady, limits)} over limits that are just met")
    passed = [name for name in steady if more[name] <= limits[name]]
    if passed:
        sys.exit(f"bench-check: limits that are just met let one instruction more pass in {passed}")
    if over(steady, {}) != list(steady):
        sys.exit("bench-check: a path without a limit passed")
    print(f"bench-check: sees one instruction more in {len(steady)} paths: {', '.join(steady)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, help="the build directory")
    parser.add_argument("--limits", default=LIMITS, help="another file of limits")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    build = Build(options.build)
    plain = a_round(build, None)
    if options.self_test:
        self_test(build, plain)
        return
    limits = {} if options.update else read_limits(options.limits)
    pick = max if options.update else statistics.median
    ways = [lambda base: added(build, build.shim, base), lambda base: added_when_off(build, base)]
    measured = {}
    for way in ways:
        measured |= settled(build, way, plain, limits, pick)
    if options.update:
        write_limits(measured)
        limits = read_limits(LIMITS)
    failed = report(plain, measured, limits)
    if failed:
        sys.exit(f"bench-check: over the limit of instructions: {', '.join(failed)}")


if __name__ == "__main__":
    main()
