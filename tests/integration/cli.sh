#!/bin/bash
# The command's manners: help, errors, exit codes, colours, what doctor says.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

otelue=$OTELUE_BUILD/otelue
unset NO_COLOR OTELUE_CONFIG OTELUE_SESSION OTELUE_DISABLED
# Lines "  VERB   what it does" of otelue help.
mapfile -t verbs < <("$otelue" help | sed -n 's/^  \([a-z]*\) .*/\1/p')

help_lists_the_verbs() {
	((${#verbs[@]} >= 6)) || fail "verbs: ${verbs[*]}"
	run "$otelue" --help
	expect_code 0
	expect_output "$("$otelue" help)"
}

every_verb_has_help() {
	local verb
	for verb in "${verbs[@]}"; do
		run "$otelue" "$verb" --help
		expect_code 0
		[[ $output == "usage: otelue $verb "* && -z $errors ]] || fail "$verb: $output" "$errors"
		expect_output "$("$otelue" help "$verb")"
		[[ $(awk 'length > 110' <<<"$output") == "" ]] || fail "$verb: lines too long for a terminal"
	done
}

every_verb_refuses_an_option_it_has_not() {
	local verb wanted
	for verb in "${verbs[@]}"; do
		wanted=2
		[[ $verb != run ]] || wanted=125
		run "$otelue" "$verb" --no-such-option
		expect_code "$wanted"
		[[ $errors == *"--no-such-option"* && -z $output ]] || fail "$verb: $errors"
	done
}

# refuses_letters NAMED WORD...
refuses_letters() {
	run "$otelue" "${@:2}"
	[[ $errors == *": there is no option $1"$'\n'* ]] || fail "$errors"
}

the_option_that_there_is_not_is_named() {
	refuses_letters -z config -z
	refuses_letters -z config -zj
	refuses_letters -z config -jz
	refuses_letters -z config file -jzj
	refuses_letters -z run -zq true
	refuses_letters --json=3 config --json=3
}

without_a_verb_it_is_wrong_usage() {
	run "$otelue"
	expect_code 2
	[[ $errors == usage:* && -z $output ]] || fail "$errors"
}

an_unknown_verb_is_wrong_usage() {
	run "$otelue" frobnicate
	expect_code 2
	[[ $errors == *"'frobnicate'"* ]] || fail "$errors"
	run "$otelue" help frobnicate
	expect_code 2
}

too_many_words_are_wrong_usage() {
	local verb
	for verb in doctor metrics register; do
		run "$otelue" "$verb" extra
		expect_code 2
		[[ $errors == *"'extra'"* ]] || fail "$errors"
	done
	run "$otelue" metrics --json --markdown
	expect_code 2
}

the_version_is_that_of_the_package() {
	run "$otelue" --version
	expect_code 0
	expect_output "$(sed -n 's/^#define PACKAGE_STRING "\(.*\)"/\1/p' "$OTELUE_BUILD/build-config.h")"
}

an_output_that_cannot_be_written_is_told() {
	local arguments
	for arguments in help --version metrics "metrics --json" doctor; do
		code=0
		# shellcheck disable=SC2034,SC2086 # for expect_code; words
		"$otelue" $arguments >/dev/full 2>errors || code=$?
		expect_code 1
		grep -q "No space left" errors || fail "$arguments: $(<errors)"
	done
}

# in_terminal COMMAND...: what it prints where stdout and stderr are a terminal.
in_terminal() { script -qec "$(printf '%q ' "$@")" /dev/null </dev/null; }

colourful() { [[ $("$@") == *$'\033['* ]]; }

colours_are_for_terminals_only() {
	need script
	export TERM=xterm
	! colourful "$otelue" metrics || fail "colours in a pipe"
	colourful in_terminal "$otelue" metrics || fail "no colours on a terminal"
	! colourful in_terminal env NO_COLOR=1 "$otelue" metrics || fail "colours in spite of NO_COLOR"
	colourful in_terminal env NO_COLOR= "$otelue" metrics || fail "an empty NO_COLOR counts as unset"
	! colourful in_terminal env TERM=dumb "$otelue" metrics || fail "colours on a dumb terminal"
}

microseconds_fit_the_locale() {
	LC_ALL=C "$otelue" run -- sleep 0.001 2>errors || fail "$(<errors)"
	if grep -qP '[^\x00-\x7f]' errors; then fail "not ASCII: $(<errors)"; fi
}

# The JSON is another walk over the same table; jq is not needed, python is there for the tests.
the_catalogue_is_the_same_in_every_form() {
	"$otelue" metrics --json >all.json
	"$otelue" metrics --markdown >all.md
	"$otelue" metrics >all.txt
	python3 - <<-'END'
		import json, re
		rows = json.load(open("all.json"))
		names = [row["name"] for row in rows]
		assert len(names) == len(set(names)) > 40, names
		markdown = re.findall(r"^\| `([a-z0-9._]+)`", open("all.md").read(), re.M)
		text = re.findall(r"^([a-z][a-z0-9._]+)", open("all.txt").read(), re.M)
		assert markdown == names and text == names
		for row in rows:
		    assert row["kind"] in ("counter", "updown", "gauge", "histogram"), row
		    assert row["number"] in ("int", "double")
		    assert ("monotonic" in row) == (row["kind"] in ("counter", "updown"))
		    assert ("temporality" in row) == (row["kind"] != "gauge")
		    if row["kind"] == "updown":
		        assert row["temporality"] == "cumulative" and not row["monotonic"]
		    if row["kind"] == "histogram":
		        assert row["scale"] == 2 and row["buckets"] > 100
		    for attribute in row["attributes"]:
		        assert attribute["key"] and len(attribute["values"]) == len(set(attribute["values"]))
	END
}

# A directory of its own for segments, so that the user's is left alone.
own_segments() {
	mkdir base
	cat >config.json <<-END
		{"file_format": "1.1", "distribution": {"otelue": {"segment": {"directory": "$PWD/base"}}}}
	END
	export OTELUE_CONFIG=$PWD/config.json
}

doctor_ends_as_its_lines_say() {
	own_segments
	run "$otelue" doctor
	if grep -q ^problem <<<"$output"; then expect_code 1; else expect_code 0; fi
	grep -q "^ok .*trial: a program ran with the shim" <<<"$output" || fail "$output"
	[[ $(tail -n 1 <<<"$output") == "$(grep -c ^problem <<<"$output") problem"* ]] || fail "$output"
	[[ -z $(ls -A base/otelue.*) ]] || fail "left behind: $(ls -AR base)"
}

every_problem_has_a_remedy() {
	own_segments
	run "$otelue" doctor
	if grep -A1 ^problem <<<"$output" | grep -v -e ^problem -e '^        -> ..' -e ^--; then fail "$output"; fi
}

doctor_tells_a_missing_kernel_feature_from_missing_rights() {
	run "$otelue" doctor
	if [[ ! -e /proc/sys/kernel/user_events_max && ! -e /sys/kernel/tracing/user_events_data ]]; then
		grep -q "^problem user_events: kernel $(uname -r) is built without them" <<<"$output" || fail "$output"
		expect_code 1
	else
		grep -q "user_events: " <<<"$output" || fail "$output"
	fi
}

# doctor_looks_at_the_file RESULT PATH WORDS
doctor_looks_at_the_file() {
	mkdir -p directory
	OTELUE_METRICS_EXPORTER=otlp_file OTELUE_FILE=${2/#./$PWD} run "$otelue" doctor
	grep -q "^$1 *otlp_file: ${2/#./$PWD}.*$3" <<<"$output" || fail "$output"
	grep -q "^ok *user_events: the configuration does not ask for them" <<<"$output" || fail "$output"
	[[ $1 == ok ]] || expect_code 1
}

doctor_notes_a_file_that_nobody_writes() {
	OTELUE_FILE=$PWD/new.jsonl run "$otelue" doctor
	[[ $output == *"OTELUE_FILE: no exporter writes to $PWD/new.jsonl"* ]] || fail "$output"
}

doctor_finds_a_library_that_is_not_there() {
	LD_PRELOAD="/nonexistent/x.so" run "$otelue" doctor
	expect_code 1
	[[ $output == *"problem LD_PRELOAD: there is no /nonexistent/x.so"* ]] || fail "$output"
}

doctors_table_speaks_as_doctor() {
	run bash -c '"$1" doctor --hooks >/dev/full' - "$otelue"
	expect_code 1
	[[ $errors == "otelue doctor: cannot write to standard output: "* ]] || fail "$errors"
}

doctor_finds_a_misspelt_variable() {
	OTELUE_METRIC_INTERVAL=5 OTELUE_LOG_LEVEL=info run "$otelue" doctor
	grep -q "^note *configuration: OTELUE_METRIC_INTERVAL is no variable of otelue" <<<"$output" || fail "$output"
	! grep "OTELUE_LOG_LEVEL" <<<"$output" || fail "$output"
}

doctor_finds_a_wrong_configuration() {
	echo '{"file_format": "1.1", "nonsense": 1}' >bad.json
	OTELUE_CONFIG=$PWD/bad.json run "$otelue" doctor
	expect_code 1
	grep -q "^problem configuration: .*nonsense" <<<"$output" || fail "$output"
	OTELUE_DISABLED=true run "$otelue" doctor
	expect_code 1
	grep -q "^problem configuration: counting is switched off" <<<"$output" || fail "$output"
}

doctor_finds_a_directory_open_to_others() {
	own_segments
	mkdir -m 755 "base/otelue.$EUID"
	run "$otelue" doctor
	expect_code 1
	grep -q "^problem directory .*mode 0755" <<<"$output" || fail "$output"
}

doctor_finds_missing_shared_memory() {
	own_segments
	rmdir base
	run "$otelue" doctor
	expect_code 1
	grep -q "^problem shared memory: .*base: No such file" <<<"$output" || fail "$output"
}

doctor_notes_segments_of_killed_processes() {
	own_segments
	shim bash -c 'ls >/dev/null; kill -KILL $$' 2>/dev/null || true
	[[ -n $(ls base/otelue.*) ]] || fail "nothing was left behind"
	run "$otelue" doctor
	grep -q "^note .*segments: 1 of killed processes" <<<"$output" || fail "$output"
}

doctor_notes_missing_tools() {
	own_segments
	PATH=$PWD run "$otelue" doctor
	grep -q "^note .*perf is not installed" <<<"$output" || fail "$output"
	printf '#!/bin/sh\n' >perf
	chmod +x perf
	PATH=$PWD run "$otelue" doctor
	grep -q "^ok .*perf is installed" <<<"$output" || fail "$output"
}

doctor_notes_a_seccomp_filter() {
	need python3
	own_segments
	cat >filter.py <<-'END'
		import ctypes, os, struct, sys
		libc = ctypes.CDLL(None, use_errno=True)
		allow = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0x7fff0000))
		program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", 1, ctypes.addressof(allow)))
		assert libc.prctl(38, 1, 0, 0, 0) == 0
		assert libc.prctl(22, 2, program) == 0
		os.execv(sys.argv[1], sys.argv[1:])
	END
	run python3 filter.py "$otelue" doctor
	grep -q "^note .*a seccomp filter is active" <<<"$output" || fail "$output$errors"
}

register_needs_user_events() {
	[[ ! -e /sys/kernel/tracing/user_events_data ]] || skip "this kernel has user_events; tests/vm tries it there"
	run "$otelue" register
	expect_code 1
	[[ $errors == *ENOENT*"CONFIG_USER_EVENTS"* ]] || fail "$errors"
}

test_case help_lists_the_verbs
test_case every_verb_has_help
test_case every_verb_refuses_an_option_it_has_not
test_case the_option_that_there_is_not_is_named
test_case without_a_verb_it_is_wrong_usage
test_case an_unknown_verb_is_wrong_usage
test_case too_many_words_are_wrong_usage
test_case the_version_is_that_of_the_package
test_case an_output_that_cannot_be_written_is_told
test_case colours_are_for_terminals_only
test_case microseconds_fit_the_locale
test_case the_catalogue_is_the_same_in_every_form
test_case doctor_ends_as_its_lines_say
test_case every_problem_has_a_remedy
test_case doctor_tells_a_missing_kernel_feature_from_missing_rights
test_case doctor_looks_at_the_file ok ./new.jsonl "can be written"
test_case doctor_looks_at_the_file problem ./directory ": Is a directory"
test_case doctor_looks_at_the_file problem ./none/new.jsonl ": No such file or directory"
test_case doctor_notes_a_file_that_nobody_writes
test_case doctor_finds_a_library_that_is_not_there
test_case doctors_table_speaks_as_doctor
test_case doctor_finds_a_misspelt_variable
test_case doctor_finds_a_wrong_configuration
test_case doctor_finds_a_directory_open_to_others
test_case doctor_finds_missing_shared_memory
test_case doctor_notes_segments_of_killed_processes
test_case doctor_notes_missing_tools
test_case doctor_notes_a_seccomp_filter
test_case register_needs_user_events
test_done
