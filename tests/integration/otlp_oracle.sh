#!/bin/bash
# The oracle itself: it takes good requests and refuses bad ones, each for its reason.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

data=$OTELUE_SRC/tests/data/otlp
# The golden requests are no first ones, and their resource is small.
oracle() {
	python3 -B "$OTELUE_SRC/tests/lib/otlp_oracle.py" --source "$OTELUE_SRC" --require service.name --lossy "$@"
}

takes_the_golden_requests() {
	oracle --at-rest "$data/delta.binpb"
	oracle --at-rest "$data/descriptions.binpb"
	oracle --at-rest --explicit "$data/explicit.binpb"
	oracle --at-rest --preference cumulative "$data/cumulative.binpb"
}

expect_refused() {
	expect_code 1
	[[ $errors == *"$1"* ]] || fail "not refused with '$1' but: $errors"
}

# refuses WHAT FILE SED [OPTIONS...]: FILE's text changed by SED is refused, and the message holds WHAT.
refuses() {
	local what=$1 file=$2 change=$3
	shift 3
	sed -E "$change" "$data/$file.txtpb" >changed
	! cmp -s changed "$data/$file.txtpb" || fail "the change does nothing"
	oracle --encode bytes changed
	run oracle "$@" bytes
	expect_refused "$what"
}

refuses_bytes_that_end_too_early() {
	head -c 1000 "$data/delta.binpb" >bytes
	run oracle bytes
	expect_refused "protoc --decode"
}

refuses_an_unknown_field() {
	cp "$data/delta.binpb" bytes
	printf '\x78\x01' >>bytes # field 15 of the request
	run oracle bytes
	expect_refused "unknown field 15"
}

# A length in two bytes where one is enough.
refuses_bytes_that_are_not_canonical() {
	printf '\x0a\x80\x00' >bytes
	run oracle bytes
	expect_refused "not canonical"
}

refuses_a_request_that_is_too_long() {
	run oracle --cap 1700 "$data/delta.binpb"
	expect_refused "more than 1700"
}

refuses_a_delta_that_starts_elsewhere() {
	run oracle "$data/delta.binpb" "$data/delta.binpb"
	expect_refused "is not the previous point's time"
}

# All that the second request holds starts one second after the first one's end.
refuses_a_gap_between_deltas() {
	local later='s/1700000010000000000/1700000030000000000/; s/1700000004000000000/1700000011000000000/
		s/1700000000000000000/1700000011000000000/'
	sed "$later" "$data/delta.txtpb" >changed
	oracle --encode bytes changed
	run python3 -B "$OTELUE_SRC/tests/lib/otlp_oracle.py" --source "$OTELUE_SRC" --require service.name \
		"$data/delta.binpb" bytes
	expect_refused "start 1700000011000000000 is not the previous point's time 1700000010000000000"
}

refuses_a_cumulative_sum_that_falls() {
	local later='s/1700000010000000000/1700000030000000000/; s/as_int: 5096/as_int: 5095/'
	sed "$later" "$data/cumulative.txtpb" >changed
	oracle --encode bytes changed
	run oracle --preference cumulative "$data/cumulative.binpb" bytes
	expect_refused "monotonic sum fell from 5096 to 5095"
}

refuses_a_cumulative_start_that_moves() {
	local later='s/1700000010000000000/1700000030000000000/; s/1700000000000000000/1700000000000000001/'
	sed "$later" "$data/cumulative.txtpb" >changed
	oracle --encode bytes changed
	run oracle --preference cumulative "$data/cumulative.binpb" bytes
	expect_refused "is not when the process began to count"
}

refuses_json() {
	printf '%s\n' "$2" >lines.jsonl
	run oracle lines.jsonl
	expect_refused "$1"
}

test_case takes_the_golden_requests
test_case refuses_bytes_that_end_too_early
test_case refuses_an_unknown_field
test_case refuses_bytes_that_are_not_canonical
test_case refuses_a_request_that_is_too_long
test_case refuses_a_delta_that_starts_elsewhere
test_case refuses_a_gap_between_deltas
test_case refuses_a_cumulative_sum_that_falls
test_case refuses_a_cumulative_start_that_moves
test_case refuses "resource without service.name" delta 's/"service.name"/"service.nam"/'
test_case refuses "'city' stands twice" delta 's/"empty"/"city"/'
test_case refuses "without schema_url" delta 's/^  schema_url.*//'
test_case refuses "scope is not ours" delta 's/name: "otelue"/name: "other"/'
test_case refuses "is not in the catalogue" delta 's/libc\.file\.io/libc.file.ios/'
test_case refuses "stands twice in one request" delta 's/libc\.memory\.used/libc.memory.allocated/'
test_case refuses "unit 'KBy'" delta 's/unit: "By"/unit: "KBy"/'
test_case refuses "description differs" descriptions 's/Physical/Chemical/'
test_case refuses "no gauge among" delta 's/^      gauge /      sum /'
test_case refuses "temporality None" delta 's/aggregation_temporality:.*//'
test_case refuses "temporality AGGREGATION_TEMPORALITY_CUMULATIVE, not" delta 's/_DELTA/_CUMULATIVE/'
test_case refuses "monotonic, or not" delta 's/is_monotonic: true//'
test_case refuses "is not in the closed set" delta 's/"malloc"/"mallok"/'
test_case refuses "attribute cpu.state is not the metric's" delta 's/"cpu.mode"/"cpu.state"/'
test_case refuses "no attribute cpu.mode" delta 's/^ *attributes .*cpu\.mode.*//'
test_case refuses "two points of one series" cumulative 's/"calloc"/"malloc"/' --preference cumulative
test_case refuses "start 1700000010000000001" delta 's/(start_time_unix_nano: )17000000(00|04).*/\11700000010000000001/'
test_case refuses "start 0" delta 's/start_time_unix_nano:.*//'
test_case refuses "no as_double" delta 's/as_double: .*/as_int: 1/'
test_case refuses "no as_int" delta 's/as_int: 4096/as_double: 4096/'
test_case refuses "monotonic sum of -7" delta 's/as_int: 7$/as_int: -7/'
test_case refuses "counts do not add up" delta 's/count: 9$/count: 10/'
test_case refuses "begin or end with none" delta 's/bucket_counts: \[2, /bucket_counts: [0, /'
test_case refuses "min or max" delta 's/( *)count: 9$/&\n\1min: 0/'
test_case refuses "scale 3" delta 's/scale: 2/scale: 3/'
test_case refuses "are not within -121 to 38" delta 's/offset: -121/offset: -122/'
test_case refuses "is not within" delta 's/sum: 20492.0/sum: 9000/' --at-rest
test_case refuses "is not within" explicit 's/sum: 20492.0/sum: 9000/' --at-rest --explicit
test_case refuses "do not rise" explicit 's/explicit_bounds: \[8.0, 16.0/explicit_bounds: [16.0, 8.0/' --explicit
test_case refuses "counts for 23 bounds" explicit 's/explicit_bounds: \[8.0, /explicit_bounds: [/' --explicit
test_case refuses_json "no such field" '{"resource_metrics":[]}'
test_case refuses_json "array or not" '{"resourceMetrics":{}}'
test_case refuses_json "stands twice" '{"resourceMetrics":[],"resourceMetrics":[]}'
test_case refuses_json "no JSON" '{"resourceMetrics":['
test_case refuses_json "is not how OTLP/JSON writes" \
	'{"resourceMetrics":[{"resource":{"attributes":[{"key":"a","value":{"intValue":1}}]}}]}'
test_done
