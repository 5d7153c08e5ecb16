"""The catalogue of metrics, read from metrics/*.def by other means than the C compiler's."""
import re
from dataclasses import dataclass
from pathlib import Path

METRIC = re.compile(
    r'^METRIC\((\w+), (\w+), (\w+), (\w+), (\w+)(?:\((\w+)\))?, "([^"]+)", "([^"]+)", (\w+), (\w+), (\w+),\s*'
    r'"((?:[^"\\]|\\.)*)"\)', re.MULTILINE)
ATTRIBUTE = re.compile(r'^ATTRIBUTE_BEGIN\((\w+), "([^"]+)"\)', re.MULTILINE)
VALUE = re.compile(r'^VALUE\((\w+), \w+, "([^"]*)"\)', re.MULTILINE)


@dataclass(frozen=True)
class Attribute:
    key: str
    values: tuple  # "" stands for: the point goes without this attribute
    named: bool = False  # points may have a name beside it, or stand for those without a slot


@dataclass(frozen=True)
class Metric:
    name: str
    unit: str
    description: str
    family: str
    kind: str  # COUNTER, UPDOWN, GAUGE, HISTOGRAM
    number: str  # INTEGER, NANOSECONDS, PPM, BYTES, SECONDS
    place: str  # SHARD, OBSERVED, DERIVED, OPTIONAL
    attributes: tuple

    @property
    def kind_in_otlp(self):
        return {"COUNTER": "sum", "UPDOWN": "sum", "GAUGE": "gauge", "HISTOGRAM": "histogram"}[self.kind]

    def temporality(self, preference):
        """DELTA or CUMULATIVE for a preference: delta, cumulative, lowmemory."""
        if self.kind == "UPDOWN" or preference == "cumulative":
            return "CUMULATIVE"
        if preference == "lowmemory" and self.place == "OBSERVED":
            return "CUMULATIVE"
        return "DELTA"


def read_attributes(path):
    text = path.read_text(encoding="utf-8")
    keys = dict(ATTRIBUTE.findall(text))
    values = {name: [] for name in keys}
    for name, value in VALUE.findall(text):
        values[name].append(value)
    named = re.findall(r"^NAMED\((\w+)\)", text, re.MULTILINE)
    return {name: Attribute(keys[name], tuple(values[name]), name in named) for name in keys}


def read(source):
    """The metrics by name, from the top folder of the sources."""
    folder = Path(source) / "metrics"
    attributes = read_attributes(folder / "attributes.def")
    text = (folder / "metrics.def").read_text(encoding="utf-8")
    metrics = {}
    for row in METRIC.findall(text):
        _, family, kind, number, place, _, name, unit, *sets, description = row
        metrics[name] = Metric(name, unit, description, family, kind, number, place,
                               tuple(attributes[s] for s in sets if s != "NONE"))
    rows = len(re.findall(r"^METRIC\(", text, re.MULTILINE))
    if len(metrics) != rows:
        raise ValueError(f"{folder}/metrics.def has {rows} rows, of which {len(metrics)} could be read")
    return metrics
