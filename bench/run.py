#!/usr/bin/env python3
"""`make bench`: each hot path plain, under an object that only forwards, under ours, under peers.

The runs are interleaved and the lowest of all rounds counts: what disturbs a loop only adds to it.
"""
import argparse

from measure import Build, budgets, environment, loop_command, loop_ns, paths, table
from peers import PATHS, figures, peers
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
                took = loop_ns(loop_command(build, name, calls, repeats_for(calls), SETTLE_MS),
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


def peer_cell(figure, plain):
    """A figure is a number, or a word why there is none."""
    if not isinstance(figure, float):
        return figure
    return f"{number(figure)} ({number(figure / plain)}x)"


def print_peers(build, measured, rows, only):
    """measured: plain and ours, to be compared with. only: names of peers, or none for all."""
    calls = {name: count for name, count, _, _ in rows}
    plain = {path: measured[path]["plain"] for path in PATHS}
    lines = [[name] + [peer_cell(measured[path][name], plain[path]) for path in PATHS] + [""]
             for name in ("plain", "otelue")]
    for peer in peers():
        if only and peer.name not in only:
            continue
        found, said = figures(peer, build, calls)
        lines.append([peer.name] + [peer_cell(found.get(path, "-"), plain[path]) for path in PATHS]
                     + [said])
    table(["peer: ns a round (of plain)", *PATHS, "what it said"], lines)
    print("-: the peer does not see these calls. Nor do LTTng's wrappers see read: what they add "
          "there is what a\nsecond thread adds, which shares the program's table of descriptors.\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, help="the build directory")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved runs of each")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--peer", action="append", help="only this peer, and what it is compared "
                        "with")
    parser.add_argument("path", nargs="*", help="only these paths")
    options = parser.parse_args()
    build = Build(options.build)
    wanted = PATHS if options.peer else options.path
    rows = [row for row in paths(build) if not wanted or row[0] in wanted]
    measured = measure_paths(build, options.rounds, rows)
    if not options.peer:
        print_paths(measured, rows)
    if not wanted:
        print_resident(build)
    if options.peer or not (options.no_peers or options.path):
        print_peers(build, measured, rows, options.peer)


if __name__ == "__main__":
    main()
