#!/usr/bin/env python3
"""Checks OTLP requests against the catalogue and OTLP's data model, with protoc and no code of ours.

    otlp_oracle.py [options] FILE...        check the requests, in the order in which they were written
    otlp_oracle.py --encode OUT FILE        JSON line or protobuf text to protobuf bytes, by protoc

A FILE holds the bytes of one request, or OTLP/JSON lines (which protoc turns into the bytes that are then checked).
The options tell what the requests should be: --preference (temporality), --explicit (buckets), --cap (bytes),
--at-rest (the program stood still, so sums and buckets agree), --lossy (some requests may be missing),
--require KEY (a resource attribute that must be there). Each violation is a line on stderr, exit code 1.

--totals prints what all requests together say, as JSON: metric -> "key=value,..." -> {"value": sum of the deltas, or
the last value} or {"count", "sum", "zero", "buckets": {index: count}}.
"""
import argparse
import json
import math
import subprocess
import sys
from pathlib import Path

import catalogue
from protoc import Protoc, ProtocError, only

SCOPE = "otelue"
SCHEMA = "https://opentelemetry.io/schemas/"
SCALE = 2
MOST_BUCKETS = 160
BUCKET_RANGE = {"BYTES": (-1, 119), "SECONDS": (-121, 38)}  # the last one takes all that is larger
REQUIRED = ("service.name", "service.instance.id", "process.pid", "telemetry.sdk.name", "telemetry.sdk.language",
            "telemetry.sdk.version")


def attributes_of(message, complain):
    """The attributes as a dict of plain values; their keys must be unique."""
    found = {}
    for attribute in message.get("attributes", []):
        key, value = only(attribute, "key", ""), only(attribute, "value", {})
        if len(value) != 1:
            complain(f"attribute {key} has {len(value)} values")
        if key in found or not key.isascii() or not key:
            complain(f"attribute key {key!r} stands twice or is no key")
        found[key] = next(iter(value.values()))[0] if value else None
    return found


class Series:
    """What the requests so far have said about one series of one process."""

    def __init__(self):
        self.time = self.value = None
        self.total = {}


class Oracle:
    def __init__(self, options):
        self.options = options
        self.protoc = Protoc(options.proto)
        self.catalogue = catalogue.read(options.source)
        self.errors = []
        self.place = ""
        self.series = {}  # (instance, metric, attributes)
        self.starts = {}  # instance -> when it began to count

    def complain(self, text):
        self.errors.append(f"{self.place}: {text}")

    # Requests

    def check_file(self, path):
        data = path.read_bytes()
        if not data[:1] == b"{":
            self.place = str(path)
            self.check_bytes(data)
            return
        for number, line in enumerate(data.splitlines(), 1):
            self.place = f"{path}:{number}"
            self.check_bytes(self.protoc.encode(self.protoc.text_from_json(line)))

    def check_bytes(self, data):
        if self.options.cap and len(data) > self.options.cap:
            self.complain(f"{len(data)} bytes, more than {self.options.cap}")
        request = self.protoc.decode(data)
        if len(request.get("resource_metrics", [])) != 1:
            self.complain("not one resource")
        for resource in request.get("resource_metrics", []):
            self.check_resource(resource)

    def check_resource(self, resource):
        attributes = attributes_of(only(resource, "resource", {}), self.complain)
        for key in self.options.require:
            if attributes.get(key) in (None, ""):
                self.complain(f"resource without {key}")
        if not only(resource, "schema_url", "").startswith(SCHEMA):
            self.complain("resource without schema_url")
        instance = attributes.get("service.instance.id")
        seen = set()
        for scope in resource.get("scope_metrics", []):
            if only(only(scope, "scope", {}), "name") != SCOPE or not only(only(scope, "scope", {}), "version"):
                self.complain("scope is not ours or has no version")
            if only(scope, "schema_url") != only(resource, "schema_url"):
                self.complain("scope and resource have different schema_url")
            for metric in scope.get("metrics", []):
                self.check_metric(instance, metric, seen)

    def check_metric(self, instance, message, seen):
        name = only(message, "name", "")
        metric = self.catalogue.get(name)
        if metric is None:
            self.complain(f"metric {name!r} is not in the catalogue")
            return
        if name in seen:
            self.complain(f"{name} stands twice in one request")
        seen.add(name)
        if only(message, "unit", "") != metric.unit:
            self.complain(f"{name}: unit {only(message, 'unit')!r}, not {metric.unit!r}")
        if only(message, "description", metric.description) != metric.description:
            self.complain(f"{name}: description differs from the catalogue's")
        kind = metric.kind_in_otlp
        if kind == "histogram" and not self.options.explicit:
            kind = "exponential_histogram"
        if kind not in message:
            self.complain(f"{name}: no {kind} among {sorted(message)}")
            return
        data = only(message, kind)
        self.check_data(metric, data)
        points = data.get("data_points", [])
        if not points:
            self.complain(f"{name}: no data point")
        found = set()
        for point in points:
            self.check_point(instance, metric, point, found)

    def check_data(self, metric, data):
        if metric.kind == "GAUGE":
            return
        wanted = "AGGREGATION_TEMPORALITY_" + metric.temporality(self.options.preference)
        if only(data, "aggregation_temporality") != wanted:
            self.complain(f"{metric.name}: temporality {only(data, 'aggregation_temporality')}, not {wanted}")
        if metric.kind != "HISTOGRAM" and only(data, "is_monotonic", False) != (metric.kind == "COUNTER"):
            self.complain(f"{metric.name}: monotonic, or not, unlike the catalogue")

    # Points

    def check_point(self, instance, metric, point, found):
        attributes = attributes_of(point, self.complain)
        place, self.place = self.place, f"{self.place}: {metric.name} {attributes}"
        key = tuple(sorted(attributes.items()))
        if key in found:
            self.complain("two points of one series in a request")
        found.add(key)
        self.check_attributes(metric, dict(attributes))
        series = self.series.setdefault((instance, metric.name, key), Series())
        self.check_window(instance, metric, point, series)
        if metric.kind == "HISTOGRAM":
            self.check_histogram(metric, point, series)
        else:
            self.check_number(metric, point, series)
        self.place = place

    def check_attributes(self, metric, attributes):
        known = {a.key: a.values for a in metric.attributes}
        if any(a.named for a in metric.attributes):
            if attributes == {"otel.metric.overflow": True}:
                return
            name = attributes.pop("dns.question.name", "-")
            if not isinstance(name, str) or not 0 < len(name) < 255 or not name.isascii() or not name.isprintable():
                self.complain(f"dns.question.name={name!r}")
        for key, value in attributes.items():
            if key not in known:
                self.complain(f"attribute {key} is not the metric's")
            elif value == "" or value not in known[key]:
                self.complain(f"{key}={value!r} is not in the closed set")
        for key, values in known.items():
            if key not in attributes and "" not in values:
                self.complain(f"no attribute {key}")

    def is_delta(self, metric):
        return metric.kind != "GAUGE" and metric.temporality(self.options.preference) == "DELTA"

    def check_window(self, instance, metric, point, series):
        start, time = only(point, "start_time_unix_nano", 0), only(point, "time_unix_nano", 0)
        if not 0 < start <= time:
            self.complain(f"start {start}, time {time}")
        if self.is_delta(metric) and series.time is not None:
            if start < series.time or (start != series.time and not self.options.lossy):
                self.complain(f"start {start} is not the previous point's time {series.time}")
        elif not (self.is_delta(metric) and self.options.lossy):
            began = self.starts.setdefault(instance, start)
            if start != began:
                self.complain(f"start {start} is not when the process began to count, {began}")
        if series.time is not None and time < series.time:
            self.complain(f"time {time} before the previous point's, {series.time}")
        series.time = time

    def check_number(self, metric, point, series):
        field = "as_int" if metric.number == "INTEGER" else "as_double"
        value = only(point, field)
        if value is None or not {"as_int", "as_double"} - {field} - set(point):
            self.complain(f"no {field}")
            return
        if metric.kind == "COUNTER" and value < 0:
            self.complain(f"monotonic sum of {value}")
        if metric.kind == "COUNTER" and not self.is_delta(metric) and value < (series.value or 0):
            self.complain(f"monotonic sum fell from {series.value} to {value}")
        series.value = value
        before = series.total.get("value", 0) if self.is_delta(metric) else 0
        series.total = {"value": before + value}

    def check_histogram(self, metric, point, series):
        count, total, zero = only(point, "count", 0), only(point, "sum"), only(point, "zero_count", 0)
        if "min" in point or "max" in point:
            self.complain("min or max of a total that only grows")
        if total is None or not 0 <= total < math.inf:
            self.complain(f"sum of {total}")
            return
        buckets = self.explicit(point) if self.options.explicit else self.exponential(metric, point)
        if zero + sum(n for _, _, _, n in buckets) != count:
            self.complain(f"counts do not add up to {count}")
        low = sum(n * lower for _, lower, _, n in buckets)
        high = sum(n * upper for _, _, upper, n in buckets if n)
        if self.options.at_rest and not low * (1 - 1e-9) <= total <= high * (1 + 1e-9):
            self.complain(f"sum {total} is not within {low} and {high}, the buckets' bounds")
        self.add_histogram(metric, series, count, total, zero, buckets)

    def add_histogram(self, metric, series, count, total, zero, buckets):
        before = series.total if self.is_delta(metric) else {}
        for name, now in (("count", count), ("zero", zero)):
            if not self.is_delta(metric) and now < series.total.get(name, 0):
                self.complain(f"cumulative {name} fell to {now}")
        counts = dict(before.get("buckets", {}))
        for index, _, _, n in (bucket for bucket in buckets if bucket[3]):
            counts[index] = counts.get(index, 0) + n
        if not self.is_delta(metric):
            for index, n in series.total.get("buckets", {}).items():
                if counts.get(index, 0) < n:
                    self.complain(f"cumulative bucket {index} fell from {n}")
        series.total = {"count": before.get("count", 0) + count, "sum": before.get("sum", 0) + total,
                        "zero": before.get("zero", 0) + zero, "buckets": counts}

    def exponential(self, metric, point):
        """(index, lower bound, upper bound, count) of each bucket."""
        buckets = only(point, "positive", {})
        offset, counts = only(buckets, "offset", 0), buckets.get("bucket_counts", [])
        if only(point, "scale", 0) != SCALE or "negative" in point or "zero_threshold" in point:
            self.complain(f"scale {only(point, 'scale', 0)}, or negative values, or a zero threshold")
        if "positive" in point and not (counts and counts[0] and counts[-1]):
            self.complain(f"buckets {counts} begin or end with none")
        first, last = BUCKET_RANGE[metric.number]
        if counts and not (first <= offset and offset + len(counts) <= last + 1 and len(counts) <= MOST_BUCKETS):
            self.complain(f"buckets {offset} to {offset + len(counts) - 1} are not within {first} to {last}")
        return [(i, self.bound(i, first), math.inf if i == last else self.bound(i + 1, first), n)
                for i, n in enumerate(counts, offset)]

    @staticmethod
    def bound(index, first):
        return 2.0 ** (index / 2 ** SCALE) if index > first else 0.0

    def explicit(self, point):
        bounds, counts = point.get("explicit_bounds", []), point.get("bucket_counts", [])
        if len(counts) != len(bounds) + 1 or not bounds:
            self.complain(f"{len(counts)} counts for {len(bounds)} bounds")
        if any(a >= b for a, b in zip(bounds, bounds[1:])):
            self.complain(f"bounds {bounds} do not rise")
        return list(zip([repr(b) for b in bounds] + ["inf"], [0.0, *bounds], [*bounds, math.inf], counts))

    # Results

    def totals(self):
        """Over all processes."""
        result = {}
        for (_, name, key), series in self.series.items():
            point = result.setdefault(name, {}).setdefault(",".join(f"{k}={v}" for k, v in key), {})
            for field, value in series.total.items():
                if field == "buckets":
                    buckets = point.setdefault(field, {})
                    for index, count in value.items():
                        buckets[index] = buckets.get(index, 0) + count
                else:
                    point[field] = point.get(field, 0) + value
        return result


def encode(protoc, source, target):
    data = source.read_bytes()
    target.write_bytes(protoc.encode(protoc.text_from_json(data) if data[:1] == b"{" else data))


def proto_tree():
    """The .proto files of an npm package; fetched once."""
    script = Path(__file__).resolve().with_name("npm-package")
    done = subprocess.run([script, "@platformatic/promotel", "0.2.2"], stdout=subprocess.PIPE, text=True, check=True)
    return Path(done.stdout.strip()) / "proto"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--proto", help="folder that holds opentelemetry/proto (default: from npm)")
    parser.add_argument("--source", default=Path(__file__).resolve().parents[2], help="top folder of otelue's sources")
    parser.add_argument("--preference", default="delta", choices=("delta", "cumulative", "lowmemory"))
    parser.add_argument("--explicit", action="store_true")
    parser.add_argument("--cap", type=int)
    parser.add_argument("--at-rest", action="store_true")
    parser.add_argument("--lossy", action="store_true")
    parser.add_argument("--require", action="append", help=f"instead of {', '.join(REQUIRED)}")
    parser.add_argument("--totals", action="store_true")
    parser.add_argument("--encode", type=Path, metavar="OUT")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    options = parser.parse_args()
    options.require = options.require or REQUIRED
    options.proto = options.proto or proto_tree()
    return options


def main():
    options = arguments()
    oracle = Oracle(options)
    try:
        if options.encode:
            encode(oracle.protoc, options.files[0], options.encode)
            return 0
        for path in options.files:
            oracle.check_file(path)
    except ProtocError as error:
        oracle.complain(str(error))
    for error in oracle.errors:
        print(error, file=sys.stderr)
    if options.totals:
        json.dump(oracle.totals(), sys.stdout, indent=1, sort_keys=True)
        print()
    return 1 if oracle.errors else 0


if __name__ == "__main__":
    sys.exit(main())
