#!/bin/bash
# Where the result of otelue run goes, and what is told where there is none.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"
otelue=$OTELUE_BUILD/otelue

# an_old_result_stays_without_a_run OPTION...: nothing is run, and the file is what it was.
an_old_result_stays_without_a_run() {
	echo old >old.json
	run "$otelue" run -o old.json "$@"
	((code >= 125)) || fail "exit code $code"
	expect_equal "$(<old.json)" old
	run "$otelue" run -o new.json "$@"
	[[ ! -e new.json ]] || fail "an empty result is left"
}

an_old_result_is_replaced() {
	head -c 200000 /dev/zero >result.json
	run "$otelue" run --json -o result.json -- true
	expect_code 0
	python3 -c 'import json; assert json.load(open("result.json"))["processes"]["ended"] == 1'
}

what_the_program_wrote_there_stays() {
	echo before >log
	"$otelue" run -o /dev/stdout -- seq 1 1000 >>log
	expect_equal "$(head -n 1 log)" before
	expect_equal "$(sed -n '2,1001p' log | md5sum)" "$(seq 1 1000 | md5sum)"
	[[ $(sed -n 1002p log) == "otelue: 1 process counted"* ]] || fail "$(tail -n +1000 log)"
	"$otelue" run -o /dev/stderr -- bash -c 'echo told >&2' 2>log
	expect_equal "$(head -n 1 log)" told
	grep -q "^otelue: 1 process counted" log || fail "$(<log)"
}

a_result_goes_into_a_pipe() {
	mkfifo pipe
	cat pipe >result.json &
	run "$otelue" run --json -o pipe -- true
	expect_code 0
	wait
	python3 -c 'import json; assert json.load(open("result.json"))["metrics"]'
}

# Where files may not grow no session can be made.
a_result_without_counts_is_one_too() {
	run bash -c 'ulimit -f 8; "$@"' - "$otelue" run --json -o result.json -- sh -c 'exit 3'
	expect_code 3
	[[ $errors == *"sh runs, but is not counted"* ]] || fail "$errors"
	python3 - <<-'PYTHON'
		import json
		result = json.load(open("result.json"))
		assert result["exit"] == {"code": 3} and result["metrics"] == [], result
	PYTHON
	run bash -c 'ulimit -f 8; "$@"' - "$otelue" run -- true
	[[ $errors == *"0 processes counted"* && $errors != *"may be statically linked"* ]] || fail "$errors"
}

# Nor do we end by the signal of who may not write (not a word here either).
a_result_that_may_not_be_written_does_not_end_us() {
	run bash -c 'ulimit -f 0; "$@"' - "$otelue" run --json -o result.json -- sh -c 'exit 3'
	expect_code 3
}

# The program's end goes before our own trouble.
a_full_disk_is_told_and_the_program_ends_as_it_would() {
	local format
	for format in --quiet --json; do
		run "$otelue" run "$format" -o /dev/full -- sh -c 'exit 7'
		expect_code 7
		expect_equal "$errors" "otelue run: /dev/full: No space left on device"
	done
}

the_command_is_told_as_it_was_given() {
	run "$otelue" run --json -o result.json -- sh -c $'true\nexit 0' $'\xff\t"'
	expect_code 0
	python3 - <<-'PYTHON'
		import json
		command = json.load(open("result.json", encoding="utf-8"))["command"]
		assert command == ["sh", "-c", "true\nexit 0", "\ufffd\t\""], command
	PYTHON
}

why_nothing_was_counted_is_told_once() {
	run env OTELUE_DISABLED=true "$otelue" run -- true
	expect_code 0
	[[ $errors == *"counting is switched off"* && $errors != *"may be statically linked"* ]] || fail "$errors"
}

what_is_no_library_is_refused() {
	run "$otelue" run --library /etc/passwd -- touch ran
	expect_code 125
	expect_equal "$errors" "otelue run: --library: /etc/passwd is no shared object"
	[[ ! -e ran ]] || fail "the program has run"
}

# an_empty_argument_is_wrong_usage OPTION
an_empty_argument_is_wrong_usage() {
	run "$otelue" run "$1" "" -- touch ran
	expect_code 125
	[[ $errors == "otelue run: option --"*" needs an argument that is not empty"* ]] || fail "$errors"
	[[ ! -e ran ]] || fail "the program has run"
}

# a_failed_export_has_the_name_of_the_error FILE NAME
a_failed_export_has_the_name_of_the_error() {
	run "$otelue" run --json -o result.json --otlp-file "$1" -- true
	expect_code 0
	python3 - "$2" <<-'PYTHON'
		import json, sys
		errors = {series["attributes"].get("error.type") for series in json.load(open("result.json"))["metrics"]
		          if series["name"] == "otel.sdk.exporter.metric_data_point.exported"}
		assert errors == {sys.argv[1]}, errors
	PYTHON
}

# Events are small, a file is not: of what it holds whole nobody is told that it was left out.
attributes_left_out_of_events_are_told_where_there_are_events() {
	local attributes
	attributes=$(for i in {1..18}; do printf 'key%d=%0100d,' "$i" "$i"; done)
	export OTEL_RESOURCE_ATTRIBUTES=${attributes%,} OTELUE_FILE=$PWD/otlp.jsonl
	run env OTELUE_METRICS_EXPORTER=otlp_file "$otelue" run -- sleep 0.3
	[[ $errors != *"left out of events"* ]] || fail "$errors"
	grep -q '"key18"' otlp.jsonl || fail "the file has them not"
	run env OTELUE_METRICS_EXPORTER=user_events,otlp_file "$otelue" run -- sleep 0.3
	[[ $errors == *"resource attributes left out of events, which are small: "* ]] || fail "$errors"
}

# Who may not look into tracefs cannot know whether events are there, but the sysctl tells.
a_user_is_told_of_closed_events_only_where_there_are_some() {
	local as=() told="this kernel has no user_events"
	((EUID)) || as=(setpriv --reuid=65534 --regid=65534 --clear-groups --)
	[[ ! -e /proc/sys/kernel/user_events_max ]] || told="may not be opened by this user"
	[[ ! -w /sys/kernel/tracing/user_events_data ]] || ((EUID == 0)) || skip "this user may use user_events"
	open_to_others ends
	cp "$otelue" otelue
	run "${as[@]}" "$PWD/otelue" register
	expect_code 1
	[[ $errors == *"$told"* ]] || fail "$errors"
	run "${as[@]}" "$PWD/otelue" run --library "$OTELUE_PRELOAD" -- sleep 0.3
	expect_code 0
	[[ $errors == *"1 process counted"* ]] || fail "$errors"
	[[ $told != *"no user_events" ]] || [[ $errors != *"cannot be used"* ]] || fail "$errors"
}

test_case an_old_result_stays_without_a_run -- ./there-is-none
test_case an_old_result_stays_without_a_run --library ./there-is-none -- true
test_case an_old_result_stays_without_a_run --config ./there-is-none -- true
test_case an_old_result_is_replaced
test_case what_the_program_wrote_there_stays
test_case a_result_goes_into_a_pipe
test_case a_result_without_counts_is_one_too
test_case a_result_that_may_not_be_written_does_not_end_us
test_case a_full_disk_is_told_and_the_program_ends_as_it_would
test_case the_command_is_told_as_it_was_given
test_case why_nothing_was_counted_is_told_once
test_case what_is_no_library_is_refused
test_case an_empty_argument_is_wrong_usage --config
test_case an_empty_argument_is_wrong_usage --otlp-file
test_case an_empty_argument_is_wrong_usage -o
test_case a_failed_export_has_the_name_of_the_error /dev/full ENOSPC
test_case a_failed_export_has_the_name_of_the_error /proc/nonexistent/file ENOENT
test_case attributes_left_out_of_events_are_told_where_there_are_events
test_case a_user_is_told_of_closed_events_only_where_there_are_some
test_done
