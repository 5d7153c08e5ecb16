#!/usr/bin/env python3
"""Reads user_events out of what perf and ftrace captured, without perf's or ftrace's own printing.

    perf_payloads.py payloads OUTDIR perf.data              each event's OTLP buffer into a file of its own
    perf_payloads.py fields --event otelue_metric perf.data  each event as one line of JSON
    perf_payloads.py payloads --format .../events/user_events/otlp_metrics/format OUTDIR per_cpu/cpu*/trace_pipe_raw

A source is a perf.data file, which carries the events' formats, or ftrace's trace_pipe_raw (or bytes read from it),
which needs --format. Field sizes come from `size:` of the format, never from `[N]` in the declaration, and the length of a
dynamic field from its own rel_loc word, since perf pads the raw record by up to 7 bytes.

`payloads` prints one line a file: path, pid, length of the field, length of the event's data. Exit code 3 means that
the capture itself says it lost records; what is there was written all the same.
"""

import argparse
import json
import os
import pathlib
import re
import struct
import sys
from dataclasses import dataclass

PERF_MAGIC = b"PERFILE2"
RECORD_LOST, RECORD_SAMPLE, RECORD_LOST_SAMPLES, RECORD_COMPRESSED = 2, 9, 13, 81
FEATURE_TRACING_DATA = 1
SAMPLE_TIME, SAMPLE_READ, SAMPLE_CALLCHAIN, SAMPLE_RAW, SAMPLE_IDENTIFIER = 1 << 2, 1 << 4, 1 << 5, 1 << 10, 1 << 16
# What stands before the callchain in a sample, in this order: bit and size. All but TIME is skipped.
SAMPLE_HEAD = ((SAMPLE_IDENTIFIER, 8), (1 << 0, 8), (1 << 1, 8), (SAMPLE_TIME, 8), (1 << 3, 8), (1 << 6, 8),
               (1 << 9, 8), (1 << 7, 8), (1 << 8, 8))
TYPE_PADDING, TYPE_TIME_EXTEND, TYPE_TIME_STAMP = 29, 30, 31
MISSED_EVENTS, MISSED_STORED = 1 << 31, 1 << 30


class CaptureError(Exception):
    """The capture cannot be read; the message says why."""


@dataclass(frozen=True)
class Field:
    declaration: str
    name: str
    offset: int
    size: int
    signed: bool

    def read(self, data):
        raw = data[self.offset:self.offset + self.size]
        if len(raw) != self.size:
            raise CaptureError(f"field {self.name} ends after the event's {len(data)} bytes")
        if self.declaration.startswith(("__rel_loc", "__data_loc")):
            return self.read_dynamic(data, int.from_bytes(raw, sys.byteorder))
        if "[" in self.declaration:
            return raw
        return int.from_bytes(raw, sys.byteorder, signed=self.signed)

    def read_dynamic(self, data, word):
        start, length = word & 0xffff, word >> 16
        if self.declaration.startswith("__rel_loc"):
            start += self.offset + self.size
        if start + length > len(data):
            raise CaptureError(f"field {self.name} claims {length} bytes at {start}, the event has {len(data)}")
        return data[start:start + length]


class Format:
    """One event's format file."""

    def __init__(self, text):
        self.name = re.search(r"^name: (.+)$", text, re.M).group(1)
        self.id = int(re.search(r"^ID: (\d+)$", text, re.M).group(1))
        self.fields = {}
        pattern = r"^\tfield:([^;]+);\toffset:(\d+);\tsize:(\d+);\tsigned:(\d);"
        for declaration, offset, size, signed in re.findall(pattern, text, re.M):
            name = re.sub(r"\[.*\]$", "", declaration.split()[-1])
            self.fields[name] = Field(declaration, name, int(offset), int(size), signed == "1")


@dataclass(frozen=True)
class Event:
    format: Format
    data: bytes
    time: int

    def field(self, name):
        if name not in self.format.fields:
            raise CaptureError(f"event {self.format.name} has no field {name}")
        return self.format.fields[name].read(self.data)

    def to_json(self):
        values = {name: field.read(self.data) for name, field in self.format.fields.items()}
        for name, value in values.items():
            if isinstance(value, bytes):
                values[name] = value.split(b"\0", 1)[0].decode("utf-8", "backslashreplace")
        return {"event": self.format.name, "time": self.time, "raw_bytes": len(self.data), **values}


class Reader:
    """A cursor over bytes."""

    def __init__(self, data, offset=0):
        self.data, self.offset = data, offset

    def take(self, size):
        if self.offset + size > len(self.data):
            raise CaptureError(f"cut off at byte {len(self.data)}")
        self.offset += size
        return self.data[self.offset - size:self.offset]

    def number(self, code):
        return struct.unpack("=" + code, self.take(struct.calcsize("=" + code)))[0]

    def string(self):
        end = self.data.index(b"\0", self.offset)
        return self.take(end + 1 - self.offset)[:-1].decode()


def read_tracing_data(section):
    """The formats in perf.data's tracing data, by event id."""
    reader = Reader(section)
    if reader.take(10) != b"\x17\x08\x44tracing":
        raise CaptureError("the tracing data do not start as they should")
    reader.string()  # version
    reader.take(6)  # byte order, size of long, page size
    for _ in ("header_page", "header_event"):
        reader.string()
        reader.take(reader.number("Q"))
    for _ in range(reader.number("I")):  # ftrace's own events
        reader.take(reader.number("Q"))
    formats = {}
    for _ in range(reader.number("I")):
        reader.string()  # name of the system
        for _ in range(reader.number("I")):
            event_format = Format(reader.take(reader.number("Q")).decode())
            formats[event_format.id] = event_format
    return formats


class PerfData:
    """A perf.data file written to disk (not to a pipe, not compressed)."""

    def __init__(self, data):
        header = struct.unpack_from("=8s12Q", data)
        attr_size = header[2]
        self.attrs, self.body, flags = header[3:5], header[5:7], header[9]
        if self.body[1] == 0:
            raise CaptureError("perf did not finish this file: end perf record with SIGINT or SIGTERM")
        self.data, self.lost_records, self.lost_samples = data, 0, 0
        self.sample_types = self.read_attrs(attr_size)
        self.formats = self.read_formats(flags)

    def read_attrs(self, attr_size):
        types = {}
        start, size = self.attrs
        for offset in range(start, start + size, attr_size):
            sample_type = struct.unpack_from("=Q", self.data, offset + 24)[0]
            ids_at, ids_size = struct.unpack_from("=QQ", self.data, offset + attr_size - 16)
            for identifier in struct.unpack_from(f"={ids_size // 8}Q", self.data, ids_at):
                types[identifier] = sample_type
        return types

    def read_formats(self, flags):
        if not flags & 1 << FEATURE_TRACING_DATA:
            raise CaptureError("there are no tracepoints in this perf.data")
        before = bin(flags & (1 << FEATURE_TRACING_DATA) - 1).count("1")
        offset, size = struct.unpack_from("=QQ", self.data, sum(self.body) + 16 * before)
        return read_tracing_data(self.data[offset:offset + size])

    def events(self):
        offset, size = self.body
        end = offset + size
        while offset < end:
            kind, _, length = struct.unpack_from("=IHH", self.data, offset)
            record = self.data[offset + 8:offset + length]
            if kind == RECORD_SAMPLE:
                event = self.read_sample(record)
                if event:
                    yield event
            elif kind == RECORD_LOST:
                self.lost_records += struct.unpack_from("=QQ", record)[1]
            elif kind == RECORD_LOST_SAMPLES:
                self.lost_samples += struct.unpack_from("=Q", record)[0]
            elif kind == RECORD_COMPRESSED:
                raise CaptureError("compressed: record without -z")
            offset += length

    @property
    def lost(self):
        """perf reports the same loss when it happens and again, as a sum, at the end."""
        return max(self.lost_records, self.lost_samples)

    def sample_type_of(self, record):
        types = set(self.sample_types.values())
        if len(types) == 1:
            return types.pop()
        if not all(sample_type & SAMPLE_IDENTIFIER for sample_type in types):
            raise CaptureError("events with different sample types and without identifier")
        return self.sample_types[struct.unpack_from("=Q", record)[0]]

    def read_sample(self, record):
        sample_type = self.sample_type_of(record)
        if not sample_type & SAMPLE_RAW:
            return None
        if sample_type & SAMPLE_READ:
            raise CaptureError("samples with counter values (event groups) are not understood")
        reader, time = Reader(record), 0
        for bit, size in SAMPLE_HEAD:
            if sample_type & bit:
                value = reader.take(size)
                time = int.from_bytes(value, sys.byteorder) if bit == SAMPLE_TIME else time
        if sample_type & SAMPLE_CALLCHAIN:
            reader.take(8 * reader.number("Q"))
        raw = reader.take(reader.number("I"))
        event_format = self.formats.get(struct.unpack_from("=H", raw)[0])
        return Event(event_format, raw, time) if event_format else None


class RingPages:
    """Pages read from per_cpu/cpu*/trace_pipe_raw, one after the other."""

    def __init__(self, data, formats, page_size):
        self.data, self.formats, self.page_size, self.lost = data, formats, page_size, 0

    def events(self):
        for offset in range(0, len(self.data), self.page_size):
            yield from self.read_page(self.data[offset:offset + self.page_size])

    def read_page(self, page):
        time, commit = struct.unpack_from("=QQ", page)
        if commit & MISSED_EVENTS:
            self.lost += 1
        reader = Reader(page[:16 + (commit & ~(MISSED_EVENTS | MISSED_STORED))], 16)
        while reader.offset < len(reader.data):
            head = reader.number("I")
            kind, delta = head & 31, head >> 5
            if kind == TYPE_PADDING:
                if delta == 0:
                    return
                reader.take(reader.number("I") - 4)
            elif kind == TYPE_TIME_EXTEND:
                delta += reader.number("I") << 27
            elif kind == TYPE_TIME_STAMP:
                time, delta = delta + (reader.number("I") << 27), 0
            time += delta
            if kind < TYPE_PADDING:
                raw = reader.take(4 * kind if kind else reader.number("I") - 4)
                event_format = self.formats.get(struct.unpack_from("=H", raw)[0])
                if event_format:
                    yield Event(event_format, raw, time)


def read_all(path):
    """A file's bytes, or what there is in a trace_pipe_raw now: that gives one page a read and never ends."""
    chunks = []
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        while chunk := os.read(descriptor, 1 << 16):
            chunks.append(chunk)
    except BlockingIOError:
        pass
    finally:
        os.close(descriptor)
    return b"".join(chunks)


def open_source(path, formats, page_size):
    data = read_all(path)
    if data.startswith(PERF_MAGIC):
        return PerfData(data)
    if not formats:
        raise CaptureError("not a perf.data file; bytes of trace_pipe_raw need --format")
    return RingPages(data, formats, page_size)


def write_payloads(events, directory, field):
    directory.mkdir(parents=True, exist_ok=True)
    for number, event in enumerate(events, 1):
        payload = event.field(field)
        path = directory / f"{number:06}.pb"
        path.write_bytes(payload)
        print(path, event.field("common_pid"), len(payload), len(event.data), sep="\t")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    payloads = verbs.add_parser("payloads", help="write each event's buffer to a file")
    payloads.add_argument("--field", default="buffer")
    payloads.add_argument("outdir", type=pathlib.Path)
    fields = verbs.add_parser("fields", help="print each event as a line of JSON")
    for verb, event in ((payloads, "otlp_metrics"), (fields, None)):
        verb.add_argument("--event", default=event)
        verb.add_argument("--format", action="append", default=[], help="format file of an event (ftrace only)")
        verb.add_argument("--page-size", type=int, default=4096, help="size of ftrace's sub-buffers")
        verb.add_argument("sources", nargs="+")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    lost, events = 0, []
    try:
        formats = {f.id: f for f in (Format(pathlib.Path(path).read_text()) for path in arguments.format)}
        for path in arguments.sources:
            source = open_source(path, formats, arguments.page_size)
            events += [event for event in source.events() if arguments.event in (None, event.format.name)]
            lost += source.lost
        events.sort(key=lambda event: event.time)
        if arguments.verb == "payloads":
            write_payloads(events, arguments.outdir, arguments.field)
        else:
            for event in events:
                print(json.dumps(event.to_json()))
    except struct.error as error:
        sys.exit(f"perf_payloads: {' '.join(arguments.sources)}: cut short or damaged: {error}")
    except (CaptureError, OSError) as error:
        sys.exit(f"perf_payloads: {' '.join(arguments.sources)}: {error}")
    if lost:
        print(f"perf_payloads: the capture lost records ({lost})", file=sys.stderr)
        sys.exit(3)


if __name__ == "__main__":
    main()
