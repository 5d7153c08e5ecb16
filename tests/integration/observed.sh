#!/bin/bash
# What the kernel is asked for, and what we say of ourselves: each number between what the kernel says otherwise.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

# Leaves at least three exports in otlp.jsonl, and in truth what they have to lie between.
observe() {
	OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE=$PWD/otlp.jsonl OTEL_METRIC_EXPORT_INTERVAL=100 \
		timeout 60 "$programs/observed" "$OTELUE_PRELOAD" "$PWD/otlp.jsonl" >truth || fail "exit code $?"
	(($(wc -l <otlp.jsonl) >= 3)) || fail "only $(wc -l <otlp.jsonl) lines"
}

# Lines of stdin are "SERIES LOWEST HIGHEST": what was exported is not outside, but for what was rounded off.
between() {
	local series low high value
	while read -r series low high; do
		value=$("$metrics" value "$series" otlp.jsonl)
		awk -v low="$low" -v value="$value" -v high="$high" 'BEGIN { exit !(low - 2e-6 <= value && value <= high + 2e-6) }' ||
			fail "$series: $value is not in $low to $high"
	done
}

numbers_are_the_kernels_own() {
	observe
	expect_equal "$(wc -l <truth)" 16 "series that are looked at"
	between <truth
}

# Each window's share of the one processor that the program may use, and its processor time.
utilization_is_the_processor_time_of_its_window() {
	observe
	python3 - <<-'PYTHON'
		import json
		before, total = 0, 0
		for line in open("otlp.jsonl"):
		    metrics = {m["name"]: m for m in json.loads(line)["resourceMetrics"][0]["scopeMetrics"][0]["metrics"]}
		    def value(name, mode=None):
		        for kind in ("sum", "gauge"):
		            for point in metrics.get(name, {}).get(kind, {}).get("dataPoints", []):
		                if mode is None or point["attributes"][0]["value"]["stringValue"] == mode:
		                    return float(point.get("asDouble", point.get("asInt", 0)))
		        return 0
		    uptime = value("process.uptime")
		    for mode in ("user", "system"):
		        share, used = value("process.cpu.utilization", mode), value("process.cpu.time", mode)
		        assert abs(share * (uptime - before) - used) <= 2e-6, f"{mode}: {share} of {uptime - before} s is not {used} s"
		        total += used
		    before = uptime
		assert total >= 0.1, f"{total} s of processor time"
	PYTHON
}

# What a line says of lines and bytes are those of the lines before it.
lines_and_bytes_written_are_those_of_the_file() {
	observe
	head -n -1 otlp.jsonl >before
	expect_equal "$("$metrics" value 'otelue.events.written{otelue.sink=file}' otlp.jsonl)" "$(wc -l <before)" lines
	expect_equal "$("$metrics" value 'otelue.bytes.written{otelue.sink=file}' otlp.jsonl)" "$(wc -c <before)" bytes
}

test_case numbers_are_the_kernels_own
test_case utilization_is_the_processor_time_of_its_window
test_case lines_and_bytes_written_are_those_of_the_file
test_done
