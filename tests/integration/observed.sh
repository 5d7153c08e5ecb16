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

# Who signals the emitter ends it; the next one goes on where it was.
time_of_emitters_adds_up() {
	compile program <<-'END'
	#include <dirent.h>
	#include <fcntl.h>
	#include <signal.h>
	#include <stdlib.h>
	#include <sys/stat.h>
	#include <unistd.h>
	static long size(void) { struct stat now; return stat("otlp.jsonl", &now) ? 0 : now.st_size; }
	static void exports(int more)
	{
		char byte;
		for (; more; more--) {
			long before = size();
			int zero;
			while (size() == before) { /* timed calls start the emitter again */
				usleep(1000);
				zero = open("/dev/zero", O_RDONLY);
				if (read(zero, &byte, 1) != 1) exit(2);
				close(zero);
			}
			do { /* a long line grows before our eyes */
				before = size();
				usleep(5000);
			} while (size() != before);
		}
	}
	int main(void)
	{
		DIR *tasks;
		struct dirent *task;
		int emitter = 0;
		exports(20);
		tasks = opendir("/proc/self/task");
		while ((task = readdir(tasks)))
			if (atoi(task->d_name) && atoi(task->d_name) != getpid()) emitter = atoi(task->d_name);
		signal(SIGUSR1, SIG_IGN);
		tgkill(getpid(), emitter, SIGUSR1); /* ESRCH: it has gone aside already */
		exports(6);
		return 0;
	}
	END
	run timeout 60 env LD_PRELOAD="$OTELUE_PRELOAD" OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE="$PWD/otlp.jsonl" \
		OTEL_METRIC_EXPORT_INTERVAL=100 OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=cumulative ./program
	expect_code 0
	python3 - <<-'PYTHON' || fail "see above"
		import json
		times = [float(point["asDouble"]) for line in open("otlp.jsonl")
		         for metric in json.loads(line)["resourceMetrics"][0]["scopeMetrics"][0]["metrics"]
		         if metric["name"] == "otelue.overhead.time" for point in metric["sum"]["dataPoints"]]
		print("\n".join(map(str, times)))
		assert len(times) >= 26, len(times)
		# The export at the end finds the emitter that is there; each of its exports took time.
		assert all(a < b for a, b in zip(times, times[1:])), "it stood still"
	PYTHON
}

test_case time_of_emitters_adds_up
test_case numbers_are_the_kernels_own
test_case utilization_is_the_processor_time_of_its_window
test_case lines_and_bytes_written_are_those_of_the_file
test_done
