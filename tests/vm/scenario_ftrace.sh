#!/bin/bash
# ftrace filters our events by name, hist triggers add them up by name, and its ring holds OTLP that is whole.
set -euo pipefail
# shellcheck source=lib.sh
source "$OTELUE_SRC/tests/vm/lib.sh"

run_sqlite() {
	rm -f sums.db
	"${shimmed[@]}" sqlite3 -batch sums.db >sqlite.out \
		'pragma journal_mode = off; begin; create table t(n); insert into t values (1), (2); commit;'
}

# Sum of `value` over the text trace's lines about a metric.
text_sum() {
	sed -n "s/.* value=0x[0-9a-f]* (\(-\?[0-9]*\)) .* name=$1 .*/\1/p" trace.txt | awk '{ sum += $1 } END { print sum + 0 }'
}

# Sum that the hist trigger has for a metric.
hist_sum() { sed -n "s/^{ name: $1 *} hitcount: *[0-9]* *value: *\([0-9]*\).*/\1/p" hist.txt; }

hold_events
echo 'name == "libc.memory.allocated" || name == "libc.file.io"' >"$user_events/otelue_metric/filter"
echo 'hist:keys=name:vals=value' >"$user_events/otelue_metric/trigger"
echo 1 >"$user_events/otelue_metric/enable"
run_sqlite
cat "$user_events/otelue_metric/hist" >hist.txt
grep 'otelue_metric:' "$tracing/trace" >trace.txt
reset_tracing

equal "names past the filter" "$(sed 's/.* name=\([^ ]*\) .*/\1/' trace.txt | sort -u | paste -sd ' ')" \
	"libc.file.io libc.memory.allocated"
matches "service in the text" "$(<trace.txt)" 'service=unknown_service:sqlite3'
matches "a name that the filter kept out" "$(<hist.txt)" 'name: libc.fd.opened '
for metric in libc.memory.allocated libc.file.io; do
	equal "hist trigger and text agree on $metric" "$(hist_sum $metric)" "$(text_sum $metric)"
done
(($(hist_sum libc.file.io) >= $(stat -c %s sums.db))) || fail "sqlite wrote more than $(hist_sum libc.file.io) bytes"

echo 1 >"$user_events/otlp_metrics/enable"
run_sqlite
captured payloads ring --format "$user_events/otlp_metrics/format" "$tracing"/per_cpu/cpu*/trace_pipe_raw >ring.list
oracle --cap 4048 --totals ring/*.pb >ring.totals
equal "bytes written, out of ftrace's ring, and the file" \
	"$(total ring.totals libc.file.io value disk.io.direction=write)" "$(stat -c %s sums.db)"
