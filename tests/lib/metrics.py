#!/usr/bin/env python3
"""What was counted, out of OTLP JSON lines (exporter otlp_file) or the JSON of `otelue run --json`.

  metrics.py value METRIC FILE...    sum of values (of a histogram: of what it measured)
  metrics.py count METRIC FILE...    sum of a histogram's counts
  metrics.py list FILE...            every series with its value
  metrics.py resource KEY FILE...    the different values of a resource attribute, one a line

METRIC is a name, or name{key=value,...} to select by attributes. Deltas of all lines are added up; of cumulative sums
and gauges the last of each series counts. What is not in the files is 0. Uses the standard library only, and knows
nothing of how otelue encodes: it reads the formats as OpenTelemetry describes them.
"""
import json
import re
import sys

DELTA = (1, "AGGREGATION_TEMPORALITY_DELTA")
CUMULATIVE = (2, "AGGREGATION_TEMPORALITY_CUMULATIVE")


def attribute_value(value):
    kind, content = next(iter(value.items()))
    return int(content) if kind == "intValue" else content


def attributes_of(holder):
    return {a["key"]: attribute_value(a["value"]) for a in holder.get("attributes", [])}


def number(point):
    if "asInt" in point:
        return int(point["asInt"])
    return point.get("asDouble", 0)


def otlp_points(request):
    """(resource, name, attributes, delta?, end time, value, count) of each data point of one request."""
    for resource_metrics in request.get("resourceMetrics", []):
        resource = attributes_of(resource_metrics.get("resource", {}))
        for scope_metrics in resource_metrics.get("scopeMetrics", []):
            for metric in scope_metrics.get("metrics", []):
                yield from metric_points(resource, metric)


def metric_points(resource, metric):
    for kind in ("sum", "gauge", "histogram", "exponentialHistogram"):
        data = metric.get(kind)
        if data is None:
            continue
        temporality = data.get("aggregationTemporality")
        if kind != "gauge" and temporality not in DELTA + CUMULATIVE:
            sys.exit(f"{metric['name']}: no temporality: {temporality!r}")
        for point in data.get("dataPoints", []):
            if kind in ("sum", "gauge"):
                value, count = number(point), 0
            else:
                value, count = point.get("sum", 0), int(point.get("count", 0))
            time = int(point.get("timeUnixNano", 0))
            yield resource, metric["name"], attributes_of(point), temporality in DELTA, time, value, count


def run_points(result):
    for metric in result["metrics"]:
        value = metric.get("sum", metric.get("value", 0))
        yield {}, metric["name"], metric["attributes"], True, 0, value, metric.get("count", 0)


def documents(path):
    """One JSON document, or one a line."""
    with open(path, encoding="utf-8") as stream:
        text = stream.read()
    try:
        yield json.loads(text)
    except json.JSONDecodeError:
        for line in text.splitlines():
            yield json.loads(line)


def points(paths):
    for path in paths:
        for document in documents(path):
            yield from run_points(document) if "metrics" in document else otlp_points(document)


def series(paths):
    """Each series' total: {(instance, name, attributes): [value, count]}."""
    totals, last = {}, {}
    for resource, name, attributes, delta, time, value, count in points(paths):
        key = (resource.get("service.instance.id"), name, tuple(sorted(attributes.items())))
        total = totals.setdefault(key, [0, 0])
        if delta:
            total[0] += value
            total[1] += count
        elif time >= last.get(key, 0):
            last[key] = time
            total[:] = value, count
    return totals


def select(paths, metric):
    match = re.fullmatch(r"([^{]+)(?:\{(.*)\})?", metric)
    wanted = dict(pair.split("=", 1) for pair in (match[2] or "").split(",") if pair)
    for (_, name, attributes), total in series(paths).items():
        have = {key: str(value) for key, value in attributes}
        if name == match[1] and all(have.get(key) == value for key, value in wanted.items()):
            yield total


def main():
    if len(sys.argv) >= 3 and sys.argv[1] == "list":
        for (_, name, attributes), (value, count) in sorted(series(sys.argv[2:]).items(), key=str):
            print(name, ",".join(f"{k}={v}" for k, v in attributes) or "-", value, count)
    elif len(sys.argv) >= 4 and sys.argv[1] == "resource":
        print("\n".join(sorted({str(p[0].get(sys.argv[2], "")) for p in points(sys.argv[3:])})))
    elif len(sys.argv) >= 4 and sys.argv[1] in ("value", "count"):
        print(sum(total[sys.argv[1] == "count"] for total in select(sys.argv[3:], sys.argv[2])))
    else:
        sys.exit(__doc__)


main()
