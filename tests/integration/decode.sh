#!/bin/bash
# otelue decode: what it reads is what protoc reads; wrong input gets one clear line.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

data=$OTELUE_SRC/tests/data/otlp
decode() { "$OTELUE_BUILD/otelue" decode "$@"; }
oracle() { python3 -B "$OTELUE_SRC/tests/lib/otlp_oracle.py" --source "$OTELUE_SRC" "$@"; }

# protoc makes the very bytes out of the JSON that decode makes of them.
expect_read_whole() {
	decode --json "$1" >line
	expect_equal "$(wc -l <line)" 1
	oracle --encode bytes line
	expect_same "$1" bytes
}

reads_golden_requests_whole() {
	local file
	for file in "$data"/*.binpb; do
		expect_read_whole "$file"
	done
}

reads_made_up_requests_whole() {
	local file
	"$programs/encode_requests" . delta exponential 8168
	for file in cut.[04].*; do
		expect_read_whole "$file"
	done
}

# What other exporters write, and what our own does not: unknown fields are left out.
reads_requests_of_other_exporters() {
	cat >text <<-'TEXT'
		resource_metrics {
		  resource { attributes { key: "list" value { array_value { values { int_value: 1 } values { string_value: "two" } } } }
		    attributes { key: "map" value { kvlist_value { values { key: "k" value { bool_value: true } } } } } }
		  scope_metrics { metrics { name: "latency" unit: "ms" summary { data_points {
		    time_unix_nano: 5 count: 4 sum: 10 quantile_values { quantile: 0.5 value: 2.5 } quantile_values { quantile: 1 value: 4 } } } }
		    metrics { name: "negative" unit: "1" exponential_histogram { aggregation_temporality: AGGREGATION_TEMPORALITY_DELTA
		      data_points { count: 10 scale: 0 zero_count: 2 negative { offset: 1 bucket_counts: [6] } positive { bucket_counts: [2] }
		        min: -3 max: 1.5 exemplars { as_double: 1 } } } }
		    metrics { name: "not.a.number" gauge { data_points { as_double: nan } data_points { as_double: -inf } } } }
		}
	TEXT
	oracle --encode bytes text
	run decode bytes
	expect_code 0
	expect_output 'list=[1,two] map=[k=true]
  no scope, 1970-01-01T00:00:00.000Z
  metric        value  count     p50  p99   max  window
  latency       10 ms      4  2.5 ms       4 ms
  negative                10      -2    2   1.5  delta
  not.a.number    nan
  not.a.number   -inf'
}

prints_a_table() {
	run decode "$data/delta.binpb"
	expect_code 0
	sed -n '1,4p' .output >first
	cat >expected <<-'TEXT'
		service.name=demo process.pid=4242 negative=-1 yes=true no=false ratio=0.1 empty="" city="Köln �!"
		  otelue 0.1.0, 2023-11-14T22:13:30.000Z
		  metric                        attributes                                                                             value  count     p50     p99     max  window
		  process.cpu.time              cpu.mode=user                                                                            1 s                                 delta 6.00 s
	TEXT
	expect_same expected first
	expect_equal "$(wc -l <<<"$output")" 17
	[[ $output == *"20492 By      9   4 KiB   4 KiB   4 KiB  delta 6.00 s"* ]] || fail "$output"
}

# Requests one behind the other are one to protobuf; JSON lines say the same.
reads_many_requests_and_both_forms() {
	"$programs/encode_requests" . cumulative explicit 8168
	cat whole.* >all
	decode all >from_bytes
	decode lines.jsonl >from_lines
	expect_same from_bytes from_lines
	expect_equal "$(grep -c '^service.name=demo' from_bytes)" 5
	decode - <all >from_stdin
	expect_same from_bytes from_stdin
	decode <lines.jsonl >from_stdin
	expect_same from_bytes from_stdin
}

# What a writer leaves that had to end a line which a full disk had cut, in a file that was new then.
lines_may_be_blank() {
	local blank
	"$programs/encode_requests" . delta exponential 8168
	decode lines.jsonl >expected
	for blank in '\n' '\r\n \n\t'; do
		{ printf '%b' "$blank"; sed G lines.jsonl; } >input
		decode input >got
		expect_same expected got
	done
}

# Begins with the bytes that a blank line and a brace have.
reads_a_request_whose_part_has_123_bytes() {
	cat >text <<-TEXT
		resource_metrics { resource { attributes { key: "k" value { string_value: "$(printf '%0112d' 0)" } } } }
	TEXT
	oracle --encode bytes text
	expect_equal "$(head -c 3 bytes | od -An -tx1)" " 0a 7b 0a"
	run decode bytes
	expect_code 0
	[[ $output == k=000* ]] || fail "$output"
}

# refuses MESSAGE BYTES: BYTES (for printf) are refused with that one line.
refuses() {
	printf '%b' "$2" >input
	run decode input
	expect_code 1
	expect_equal "$errors" "otelue decode: input: $1"
}

refuses_what_is_cut_off() {
	head -c 1000 "$data/delta.binpb" >input
	run decode input
	expect_code 1
	expect_equal "$errors" \
		"otelue decode: input: byte 1, in the request: contents of 1730 bytes, but only 997 are left"
}

names_the_line_that_is_wrong() {
	"$programs/encode_requests" . delta exponential 8168
	{ head -n 2 lines.jsonl; echo '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":7}]}]}]}'; } >input
	run decode input
	expect_code 1
	expect_equal "$errors" "otelue decode: input: line 3: /resourceMetrics/0/scopeMetrics/0/metrics/0/name: expected a string"
	expect_equal "$(grep -c '^service.name=demo' <<<"$output")" 2
}

goes_on_with_the_next_line() {
	"$programs/encode_requests" . delta exponential 8168
	{
		head -n 1 lines.jsonl
		sed -n 1p lines.jsonl | cut -c 1-1000
		sed -n 2p lines.jsonl
		printf '{}\n[\n{}\n[\n'
		head -n 1 lines.jsonl
	} >input
	run decode input
	expect_code 1
	expect_equal "$(grep -c '^service.name=demo' <<<"$output")" 3
	expect_equal "$(grep -o 'input: line [0-9]*' <<<"$errors" | xargs)" "input: line 2 input: line 4 input: line 5"
	[[ $errors == *"input: and 2 more such lines" ]] || fail "$errors"
}

goes_on_with_the_next_file() {
	run decode nowhere "$data/delta.binpb"
	expect_code 1
	expect_equal "$errors" "otelue decode: nowhere: No such file or directory"
	[[ $output == service.name=demo* ]] || fail "$output"
}

hostile_text_stays_harmless() {
	printf '%s\n' '{"resourceMetrics":[{"resource":{"attributes":[{"key":"a","value":{"stringValue":"\u001b[2J\n\u202e"}}]}}]}' >input
	run decode input
	expect_code 0
	expect_output 'a="�[2J��"'
}

test_case reads_golden_requests_whole
test_case reads_made_up_requests_whole
test_case reads_requests_of_other_exporters
test_case prints_a_table
test_case reads_many_requests_and_both_forms
test_case lines_may_be_blank
test_case reads_a_request_whose_part_has_123_bytes
test_case refuses "empty" ""
test_case refuses "empty" ' \n\n'
test_case refuses "byte 0, in the request: no OTLP metrics: it would have to start with the byte 0a, or with { if it is JSON" "hello"
test_case refuses "byte 2, in ResourceMetrics: resource has wire type 0, not 2" '\x0a\x02\x08\x01'
test_case refuses "byte 3, in ResourceMetrics: ends within a number" '\x0a\x02\x0a\x80'
test_case refuses "byte 2, in ResourceMetrics: 0 is no field's number" '\x0a\x02\x02\x00'
test_case refuses "line 1: /: no OTLP metrics: there is no \"resourceMetrics\"" '{}'
test_case refuses "line 1: no JSON: column 1: string or '}' expected near end of file" '{'
test_case refuses "line 1: /resourceMetrics: expected an array" '{"resourceMetrics":{}}'
test_case refuses_what_is_cut_off
test_case names_the_line_that_is_wrong
test_case goes_on_with_the_next_line
test_case goes_on_with_the_next_file
test_case hostile_text_stays_harmless
test_done
