#!/usr/bin/env python3
"""A name server for tests: 127.0.0.1, port 53, UDP, in a network of its own.

  name_server.py LOG

Says "ready" and answers until it is killed, by the first label of the name: good (one address for an A, no data for the
rest), missing (NXDOMAIN), broken (SERVFAIL), refused (REFUSED), confused (FORMERR), silent (no answer), anything else: no
data. Each query is a line of LOG, the name with its last dot, before it is answered. Standard library only.
"""
import socket
import struct
import sys

CODES = {"confused": 1, "broken": 2, "missing": 3, "refused": 5}
TYPE_A = 1


def question(query):
    """Name, type, and where the question ends."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("ascii"))
        at += 1 + query[at]
    return ".".join(labels) + ".", struct.unpack_from("!H", query, at + 1)[0], at + 5


def answer(query, name, kind, end):
    label = name.split(".")[0]
    found = label == "good" and kind == TYPE_A
    head = query[:2] + struct.pack("!HHHHH", 0x8180 | CODES.get(label, 0), 1, found, 0, 0)
    record = struct.pack("!HHHIH4B", 0xC00C, TYPE_A, 1, 60, 4, 127, 0, 0, 7) if found else b""
    return head + query[12:end] + record


def main():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    with open(sys.argv[1], "w", encoding="ascii", buffering=1) as log:
        print("ready", flush=True)
        while True:
            query, client = server.recvfrom(512)
            name, kind, end = question(query)
            print(name, file=log)
            if not name.startswith("silent."):
                server.sendto(answer(query, name, kind, end), client)


main()
