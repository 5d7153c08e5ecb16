"""Protobuf by way of protoc and the .proto files alone: decoding, encoding, the text format, and JSON to text.

A decoded message is a dict: field name -> list of values (a scalar field too; a message is again such a dict).
"""
import json
import re
import subprocess
from pathlib import Path

REQUEST = "opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest"
SERVICE = "opentelemetry/proto/collector/metrics/v1/metrics_service.proto"
FILES = ("common/v1/common", "resource/v1/resource", "metrics/v1/metrics", "collector/metrics/v1/metrics_service")
WIDE = {"int64", "uint64", "sint64", "fixed64", "sfixed64"}
NARROW = {"int32", "uint32", "sint32", "fixed32", "sfixed32"}


class ProtocError(Exception):
    """The bytes or the JSON are not what the .proto files describe."""


class Protoc:
    def __init__(self, tree):
        self.tree = Path(tree)
        self.messages, self.enums = {}, set()
        for name in FILES:
            self._read((self.tree / "opentelemetry/proto" / f"{name}.proto").read_text(encoding="utf-8"))

    def _read(self, text):
        """Fields of each message: name -> (type, repeated). Types by the last part of their name."""
        stack = []
        for line in re.sub(r"//[^\n]*|/\*.*?\*/|\{\}", "", text, flags=re.DOTALL).splitlines():
            for word in re.findall(r"(?:message|enum|oneof|service)\s+\w+\s*\{|\}|[^;{}]*;", line):
                opened = re.match(r"(message|enum|oneof|service)\s+(\w+)\s*\{", word.strip())
                field = re.match(r"(repeated |optional )?([\w.]+) (\w+) = \d+", word.strip())
                if opened:
                    kind, name = opened.groups()
                    stack.append(stack[-1] if kind == "oneof" else name)
                    if kind == "message":
                        self.messages[name] = {}
                    elif kind == "enum":
                        self.enums.add(name)
                elif word == "}":
                    stack.pop()
                elif field and stack and stack[-1] in self.messages:
                    repeated, kind, name = field.groups()
                    self.messages[stack[-1]][name] = (kind.split(".")[-1], repeated == "repeated ")

    def _run(self, mode, data):
        done = subprocess.run(["protoc", "-I", str(self.tree), f"--{mode}={REQUEST}", SERVICE], input=data,
                              capture_output=True, check=False, timeout=60)
        if done.returncode:
            raise ProtocError(f"protoc --{mode}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout

    def encode(self, text):
        return self._run("encode", text.encode() if isinstance(text, str) else text)

    def decode_text(self, data):
        return self._run("decode", data)

    def decode(self, data):
        """The request, after checking that it holds no unknown field and that its bytes are canonical."""
        text = self.decode_text(data)
        again = self.encode_if_known(text)
        if again != data:
            at = next((i for i, (a, b) in enumerate(zip(data, again)) if a != b), min(len(data), len(again)))
            raise ProtocError(f"bytes are not canonical: they differ from protoc's at byte {at}")
        return parse_text(text.decode("utf-8"))

    def encode_if_known(self, text):
        unknown = re.search(rb"^\s*(\d+)(:| \{)", text, re.MULTILINE)
        if unknown:
            raise ProtocError(f"unknown field {unknown[1].decode()}")
        return self.encode(text)

    def text_from_json(self, line):
        """A request of OTLP/JSON in protobuf's text format."""
        try:
            request = json.loads(line, object_pairs_hook=unique)
        except ValueError as error:
            raise ProtocError(f"no JSON: {error}") from error
        return "\n".join(self._fields("ExportMetricsServiceRequest", request, ""))

    def _fields(self, message, value, place):
        if not isinstance(value, dict):
            raise ProtocError(f"{place or '/'}: {message} must be an object")
        names = {camel(name): name for name in self.messages[message]}
        for key, content in value.items():
            if key not in names:
                raise ProtocError(f"{place}/{key}: {message} has no such field")
            kind, repeated = self.messages[message][names[key]]
            if repeated != isinstance(content, list):
                raise ProtocError(f"{place}/{key}: array or not, it should be the other")
            for item in content if repeated else [content]:
                yield from self._field(names[key], kind, item, f"{place}/{key}")

    def _field(self, name, kind, item, place):
        if kind in self.messages:
            yield f"{name} {{"
            yield from self._fields(kind, item, place)
            yield "}"
        else:
            yield f"{name}: {self._scalar(kind, item, place)}"

    def _scalar(self, kind, item, place):
        if kind in WIDE and isinstance(item, str) and re.fullmatch(r"-?(0|[1-9]\d*)", item):
            return item
        if (kind in NARROW or kind in self.enums) and type(item) is int:
            return str(item)
        if kind == "bool" and isinstance(item, bool):
            return str(item).lower()
        if kind == "string" and isinstance(item, str):
            return '"' + "".join(f"\\{byte:03o}" for byte in item.encode("utf-8")) + '"'
        if kind == "double" and type(item) in (int, float):
            return repr(float(item))
        if kind == "double" and item in ("NaN", "Infinity", "-Infinity"):
            return item.replace("Infinity", "inf").lower()
        raise ProtocError(f"{place}: {item!r} is not how OTLP/JSON writes {kind}")


def unique(pairs):
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError(f"a key stands twice in {[key for key, _ in pairs]}")
    return dict(pairs)


def camel(name):
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def unescape(text):
    """A string of the text format: bytes in octal, UTF-8."""
    plain = re.sub(rb"\\([0-7]{3}|.)", lambda m: bytes([int(m[1], 8)]) if len(m[1]) == 3 else
                   {b"n": b"\n", b"r": b"\r", b"t": b"\t"}.get(m[1], m[1]), text.encode("utf-8"))
    return plain.decode("utf-8")


def scalar(text):
    if text.startswith('"'):
        return unescape(text[1:-1])
    if text in ("true", "false"):
        return text == "true"
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    if re.fullmatch(r"[A-Z_]+", text):
        return text
    return float(text)


def parse_text(text):
    """What protoc --decode prints: a field or a brace a line."""
    root = {}
    stack = [root]
    for line in text.splitlines():
        line = line.strip()
        if line.endswith("{") and not line.startswith('"') and ":" not in line:
            inner = {}
            stack[-1].setdefault(line[:-1].strip(), []).append(inner)
            stack.append(inner)
        elif line == "}":
            stack.pop()
        else:
            name, value = line.split(": ", 1)
            stack[-1].setdefault(name, []).append(scalar(value))
    if len(stack) != 1:
        raise ProtocError("text of protoc ends within a message")
    return root


def only(message, name, default=None):
    """The value of a field that is not repeated."""
    values = message.get(name, [default])
    if len(values) != 1:
        raise ProtocError(f"{name} stands {len(values)} times")
    return values[0]
