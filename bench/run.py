#!/usr/bin/env python3
"""`make bench`: each hot path plain, under an object that only forwards, under ours, under peers.

The runs are interleaved and the lowest of all rounds counts: what disturbs a loop only adds to it.
"""
import argparse
import tempfile

from measure import Build, budgets, environment, loop_ns, paths, table
from peers import peers
import resident

SETTLE_MS = 300
REPEATS = 100
UNITS = {"add_ns": 1, "add_us": 1000}


def repeats_for(calls):
    """Fewer of what takes long."""
    return REPEATS if calls >= 500 else 5


def measure_paths(build, rounds, rows):
    """{path: {variant: ns}}"""
    result = {}
    for name, calls, _, _ in rows:
        lowest = {}
        for _ in range(rounds):
            for variant, preload in build.variants().items():
                took = loop_ns(build, name, calls, repeats_for(calls), SETTLE_MS,
                               environment(preload))
                lowest[variant] = min(took, lowest.get(variant, took))
        result[name] = lowest
    return result


def verdict(limits, name, added_ns):
    if name not in limits:
        return "", ""
    kind, limit = limits[name]
    budget = f"+{limit:g} {kind[4:]}"
    return budget, "within" if added_ns <= limit * UNITS[kind] else "OVER"


def number(ns):
    return f"{ns:.2f}" if ns < 100 else f"{ns:.0f}"


def print_paths(measured, rows):
    limits = budgets()
    lines = []
    for name, _, _, what in rows:
        ns = measured[name]
        added = ns["otelue"] - ns["plain"]
        lines.append([name, what, number(ns["plain"]), number(ns["forwarding"]),
                      number(ns["otelue"]), f"{added:+.2f}", f"{ns['otelue'] / ns['plain']:.2f}",
                      *verdict(limits, name, added)])
    table(["path", "one round", "plain ns", "forwarding", "otelue", "added ns", "ratio", "budget",
           ""], lines)


def print_resident(build):
    limits = budgets()
    rows = [[name.replace("_", " "), f"{value:.3g}", f"{limits[name][1]:g}", limits[name][0],
             "within" if value <= limits[name][1] else "OVER"]
            for name, value in resident.measure(build).items()]
    table(["without a call", "measured", "budget", "unit", ""], rows)


def print_peers(build, rounds, rows):
    columns = ["malloc_64", "mutex", "read", "posix_spawn"]
    calls = {name: count for name, count, _, _ in rows}
    lines = []
    with tempfile.TemporaryDirectory() as scratch:
        for peer in peers(scratch):
            if not peer.is_installed():
                lines.append([peer.name] + ["not installed"] * len(columns))
                continue
            cells = []
            for path in columns:
                if path not in peer.paths:
                    cells.append("")
                    continue
                count = max(calls[path] // peer.divisor, 5)
                cells.append(number(min(
                    loop_ns(build, path, count, 5, 0, environment(peer.preload), peer.wrapper)
                    for _ in range(rounds))))
            lines.append([peer.name] + cells)
    table(["peer: ns a round"] + columns, lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, help="the build directory")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved runs of each")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("path", nargs="*", help="only these paths")
    options = parser.parse_args()
    build = Build(options.build)
    rows = [row for row in paths(build) if not options.path or row[0] in options.path]
    print_paths(measure_paths(build, options.rounds, rows), rows)
    if not options.path:
        print_resident(build)
    if not options.no_peers and not options.path:
        print_peers(build, 2, rows)


if __name__ == "__main__":
    main()
