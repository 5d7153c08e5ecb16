#!/usr/bin/env python3
"""Rules about the source's text: rules.py RULE DIRECTORY prints each violation as PLACE: WHAT; exit code 1 if any.

Rules: includes (who may include whom), lengths (of files and functions), words (left-over marks, paths of a machine),
pages (README and NEWS hold something). Only the standard library; works on any tree that looks like ours.
"""
import pathlib
import re
import sys

# Folder: what its files may include. A whole folder, or single files that are pure declarations.
CATALOGUE = ["metrics/metric.h", "metrics/metrics.def", "metrics/attributes.def"]
MAY_INCLUDE = {
    "base": ["base/"],
    # Views are checked against the catalogue's names.
    "config": ["config/", "base/", *CATALOGUE],
    "metrics": ["metrics/", "base/"],
    "encoder": ["encoder/", "base/", "metrics/snapshot.h", "metrics/percentile.h", *CATALOGUE],
    # A record is what the event consists of.
    "sink": ["sink/", "base/", "encoder/record.h"],
    # An export from the ledger on: what the shim does in the process, and the command after its death.
    "export": ["export/", "base/", "config/", "metrics/", "encoder/", "sink/"],
    "hooks": ["hooks/", "base/", "metrics/"],
    "preload": ["base/", "config/", "metrics/", "encoder/", "sink/", "export/", "hooks/", "preload/"],
    # doctor names the hooks.
    "cli": ["cli/", "hooks/hooks.def", "base/", "config/", "metrics/", "encoder/", "sink/", "export/"],
    # The forwarding object exports what hooks.def names.
    "bench": ["bench/", "hooks/hooks.def", "base/", "config/", "metrics/", "encoder/", "sink/"],
    # Of the hooks, only what needs nothing else of the shim.
    "tests": ["tests/", "hooks/hooks.def", "hooks/lookup.h", "base/", "config/", "metrics/", "encoder/", "sink/", "export/", "cli/"],
}
SUFFIXES = {".c", ".h", ".S", ".def", ".sh", ".py", ".cc", ".am", ".ac", ".mjs", ".js"}
LONGEST_FILE = 400
LONGEST_FUNCTION = 80
# Split, so that this file does not break its own rule.
LEFT_OVERS = re.compile(r"\b(TO" + "DO|FIX" + "ME|XX" + "X|HA" + r"CK)\b")
MACHINE_PATHS = re.compile("/(wo" + "rk|tmp/" + "w|home/[a-z])/|/ro" + "ot/")


def files(root, suffixes):
    """Files of ours, also scripts without suffix; without what is built, fetched or git's."""
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if parts[0].startswith((".git", "build", "_", "autom4te", "m4")) or "node_modules" in parts or not path.is_file():
            continue
        if parts[0] in ("configure", "configure~", "aclocal.m4", "Makefile.in", "LICENSE") or parts[0].startswith("otelue-"):
            continue
        if path.suffix in suffixes or (path.suffix == "" and ".sh" in suffixes and is_script(path)):
            yield path


def is_script(path):
    with open(path, "rb") as stream:
        return stream.read(2) == b"#!"


def text(path):
    return path.read_text(encoding="utf-8", errors="replace")


def check_includes(root):
    for path in files(root, {".c", ".h", ".S", ".def", ".cc"}):
        name = path.relative_to(root)
        allowed = MAY_INCLUDE.get(name.parts[0])
        if allowed is None:
            yield f"{name}: a folder that the include rule does not know"
            continue
        for number, line in enumerate(text(path).splitlines(), 1):
            match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if not match or match[1] == "build-config.h":
                continue
            if not any(match[1].startswith(a) if a.endswith("/") else match[1] == a for a in allowed):
                yield f"{name}:{number}: {name.parts[0]} may not include {match[1]}"


def functions(lines):
    """(first line, length) of each function: its braces stand in the first column."""
    start = None
    for number, line in enumerate(lines, 1):
        if line.startswith("{"):
            start = number
        elif line.startswith("}") and start is not None:
            yield start, number - start + 1
            start = None


def check_lengths(root):
    for path in files(root, SUFFIXES - {".def", ".am", ".ac"}):
        name, lines = path.relative_to(root), text(path).splitlines()
        if len(lines) > LONGEST_FILE:
            yield f"{name}: {len(lines)} lines, more than {LONGEST_FILE}"
        if path.suffix not in (".c", ".h", ".cc"):
            continue
        for start, length in functions(lines):
            if length > LONGEST_FUNCTION:
                yield f"{name}:{start}: a function of {length} lines, more than {LONGEST_FUNCTION}"


def check_words(root):
    for path in files(root, SUFFIXES | {".md", ".json", ".txt", ".1", ".5", ".7", ".config"}):
        for number, line in enumerate(text(path).splitlines(), 1):
            if LEFT_OVERS.search(line):
                yield f"{path.relative_to(root)}:{number}: left over: {line.strip()}"
            if MACHINE_PATHS.search(line):
                yield f"{path.relative_to(root)}:{number}: a path of one machine: {line.strip()}"


def check_pages(root):
    for name in ("README.md", "NEWS", "CONTRIBUTING.md", "LICENSE"):
        path = root / name
        if not path.is_file() or path.stat().st_size == 0:
            yield f"{name}: missing or empty"


RULES = {"includes": check_includes, "lengths": check_lengths, "words": check_words, "pages": check_pages}


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in RULES:
        sys.exit(f"usage: rules.py {'|'.join(RULES)} DIRECTORY")
    violations = list(RULES[sys.argv[1]](pathlib.Path(sys.argv[2])))
    print("\n".join(violations))
    sys.exit(bool(violations))


main()
