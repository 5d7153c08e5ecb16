#!/bin/bash
# The machine's clock is set forward and back by hours while a program is exported, and once more before it is salvaged:
# exports go on, windows of a series move forward and do not overlap, and nothing is lost or told twice.
set -euo pipefail
# shellcheck source=lib.sh
source "$OTELUE_SRC/tests/vm/lib.sh"

if [[ $OTELUE_KERNEL != vm ]]; then
	echo "ok: the clock of a machine that is not ours to set is left alone"
	exit 0
fi

lines() { if [[ -e otlp.jsonl ]]; then wc -l <otlp.jsonl; else echo 0; fi; }
more_than() { (($(lines) > $1)); }
counted() { od -An -t u8 -N 8 count | tr -d ' '; }

# step OFFSET...: and waits until an export that began afterwards has ended.
step() {
	local before
	date -s "$*" >/dev/null
	before=$(lines)
	wait_until 60 more_than $((before + 1))
	echo "ok: exports go on after $*"
}

# What the deltas of allocations add up to, how many windows of all series go back or are empty, and how many series.
cat >windows.py <<'END'
import json
ends, total, wrong = {}, 0, 0
for line in open("otlp.jsonl"):
    for metric in json.loads(line)["resourceMetrics"][0]["scopeMetrics"][0]["metrics"]:
        for kind in {"sum", "exponentialHistogram"} & metric.keys():
            if metric[kind]["aggregationTemporality"] != 1: # up-down counters are cumulative
                continue
            for point in metric[kind]["dataPoints"]:
                series = metric["name"], json.dumps(point.get("attributes"))
                start, end = int(point["startTimeUnixNano"]), int(point["timeUnixNano"])
                wrong += not ends.get(series, 0) <= start < end
                ends[series] = end
                if series[0] == "libc.memory.allocations" and "aligned" in series[1]:
                    total += int(point["asInt"])
print(total, wrong, len(ends))
END

env LD_PRELOAD="$shim" OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE="$PWD/otlp.jsonl" OTELUE_METRIC_EXPORT_INTERVAL=200 \
	OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta "$programs/victim" "$PWD/count" 1 0 none &
victim_pid=$!
wait_until 60 more_than 1
step +5 hours
step -9 hours
step +1 day
step -2 days
kill -KILL "$victim_pid"
wait "$victim_pid" || true
date -s '+28 hours' >/dev/null
before=$(lines)
"$otelue" salvage >said || fail "salvage: exit code $?: $(<said)"
equal "lines that salvage wrote" $(($(lines) - before)) 1
read -r total wrong series < <(/usr/bin/python3 -I windows.py)
between "series" 3 "$series" 1000
equal "windows that go back or are empty" "$wrong" 0
between "allocations told" "$(counted)" "$total" $(($(counted) + 1))
