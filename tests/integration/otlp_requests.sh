#!/bin/bash
# What the encoder writes, judged by protoc, the catalogue's text and the totals that went in.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

oracle() {
	python3 -B "$OTELUE_SRC/tests/lib/otlp_oracle.py" --source "$OTELUE_SRC" --require service.name \
		--require process.pid "$@"
}

# The files say what protoc makes of the text beside them.
golden_bytes_are_protocs() {
	local proto file
	proto=$("$OTELUE_SRC/tests/lib/npm-package" @platformatic/promotel 0.2.2)/proto
	"$OTELUE_SRC/tests/data/otlp/make-golden" "$proto" .
	expect_equal "$(find . -name '*.binpb' | wc -l)" 4
	for file in *.binpb; do
		expect_same "$file" "$OTELUE_SRC/tests/data/otlp/$file"
	done
}

# Every data point in the sum of all deltas (the last value otherwise) is what the totals were.
expect_conserved() {
	python3 -B - "$OTELUE_SRC" "$1" truth.json <<-'PYTHON'
		import itertools, json, sys
		sys.path.insert(0, sys.argv[1] + "/tests/lib")
		import catalogue
		metrics, totals = catalogue.read(sys.argv[1]), json.load(open(sys.argv[2]))
		unit = {"NANOSECONDS": 1e9, "PPM": 1e6}
		seen = compared = 0
		for name, series, value in json.load(open(sys.argv[3])):
		    metric = metrics[name]
		    closed = list(itertools.product(*(a.values for a in metric.attributes)))
		    slot = series - len(closed)
		    if slot < 0:
		        pairs = sorted((a.key, v) for a, v in zip(metric.attributes, closed[series]) if v)
		    elif slot < 64: # fixture_name_slots()
		        error = closed[slot % len(closed)][0]
		        pairs = [("dns.question.name", f"{slot}.example")] + [("error.type", error)] * (error != "")
		    else:
		        pairs = [("otel.metric.overflow", True)]
		    point = totals.get(name, {}).get(",".join(f"{k}={v}" for k, v in pairs))
		    said = (point["count"] if "count" in point else point["value"]) if point else 0
		    value = value / unit.get(metric.number, 1)
		    assert abs(said - value) <= 1e-9 * abs(value), f"{name} {pairs}: {said}, not {value}"
		    compared += point is not None
		assert compared > 500 and compared == sum(map(len, totals.values())), compared
	PYTHON
}

requests_hold_what_was_counted() {
	local preference=$1 buckets=$2 cap=$3 options=(--preference "$1" --at-rest --totals)
	[[ $buckets != explicit ]] || options+=(--explicit)
	"$programs/encode_requests" . "$preference" "$buckets" "$cap"
	oracle "${options[@]}" --cap "$cap" cut.* >cut.json
	expect_conserved cut.json
	oracle "${options[@]}" whole.* >whole.json
	expect_conserved whole.json
	oracle "${options[@]}" lines.jsonl >lines.json
	expect_same whole.json lines.json
}

# protoc makes the very bytes of the protobuf out of the JSON.
json_and_protobuf_say_the_same() {
	local round
	"$programs/encode_requests" . "$1" "$2" 4048
	expect_equal "$(wc -l <lines.jsonl)" 5
	for round in 0 1 2 3 4; do
		sed -n "$((round + 1))p" lines.jsonl >line
		oracle --encode bytes line
		expect_same bytes "whole.$round"
	done
}

test_case golden_bytes_are_protocs
test_case requests_hold_what_was_counted delta exponential 4048
test_case requests_hold_what_was_counted delta exponential 1300
test_case requests_hold_what_was_counted delta explicit 4048
test_case requests_hold_what_was_counted cumulative exponential 8168
test_case requests_hold_what_was_counted cumulative explicit 4048
test_case requests_hold_what_was_counted lowmemory exponential 4048
test_case json_and_protobuf_say_the_same delta exponential
test_case json_and_protobuf_say_the_same cumulative explicit
test_done
