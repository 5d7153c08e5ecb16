#!/bin/bash
# The shim and its configuration, seen from the program: what a file costs it, good or bad.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

unset "${!OTEL_@}" "${!OTELUE_CONFIG@}" "${!OTELUE_METRIC@}"

# Writes the file that OTELUE_CONFIG names: metrics go to $PWD/PID.jsonl. configure [DISTRIBUTION'S MEMBERS]
configure() {
	cat >otelue.json <<-END
	{"file_format": "1.1", "resource": {"attributes": [{"name": "service.name", "value": "\${NAME:-shop}"}]},
	 "meter_provider": {"readers": [{"periodic": {"interval": 60000, "exporter": {
	   "otlp_file/development": {"output_stream": "file://$PWD/%p.jsonl"}}}}]},
	 "distribution": {"otelue": {"export": {"on_exit": true}${1:+, $1}}}}
	END
	export OTELUE_CONFIG=$PWD/otelue.json
}

exported() { cat ./*.jsonl 2>/dev/null || true; }

a_file_is_obeyed() {
	configure
	run shim true
	expect_code 0
	[[ $(exported) == *'"service.name","value":{"stringValue":"shop"}'* ]] || fail "no metrics of shop: $(exported)"
}

no_last_export_where_it_is_switched_off() {
	configure
	sed -i 's/"on_exit": true/"on_exit": false/' otelue.json
	run shim true
	expect_code 0
	expect_equal "$(exported)" ""
}

a_file_leaves_environment_and_descriptors_alone() {
	configure
	expect_transparent sh -c 'env | grep -Ev "^(LD_PRELOAD|_)=" | sort'
	expect_transparent ls /proc/self/fd
	expect_transparent sh -c 'echo $0; exec 7<&0; ls /proc/self/fd; exit 4'
}

a_bad_file_costs_one_line_and_nothing_is_counted() {
	configure '"export": {"max_event_size": 9000}'
	sed -i 's/"export": {"on_exit": true}, //' otelue.json
	run sh -c 'echo out; exit 3'
	cp .output plain
	run shim sh -c 'echo out; exit 3'
	expect_code 3
	expect_same .output plain
	expect_equal "$errors" "otelue: $OTELUE_CONFIG: /distribution/otelue/export/max_event_size: expected an integer ≤ \
8168, got 9000 (nothing is counted)"
	expect_equal "$(exported)" ""
}

every_bad_program_of_a_pipe_says_it_in_whole_lines() {
	export OTELUE_CONFIG=/nonexistent/otelue.json
	shim sh -c 'for i in 1 2 3 4 5 6 7 8; do ls / & done; wait' >/dev/null 2>lines
	expect_equal "$(sort -u lines)" \
		'otelue: OTELUE_CONFIG: "/nonexistent/otelue.json" does not exist; correct the path (nothing is counted)'
	expect_equal "$(wc -l <lines)" 9
}

the_kill_switch_silences_a_bad_file() {
	export OTELUE_CONFIG=/nonexistent/otelue.json OTELUE_DISABLED=true
	expect_transparent ls /
}

an_excluded_program_is_not_observed() {
	configure '"programs": {"excluded": ["true"]}'
	run shim true
	expect_code 0
	expect_equal "$(exported)" ""
	run shim expr 1
	[[ $(exported) == *'"stringValue":"expr"'* ]] || fail "expr was not observed"
}

the_library_is_gone_when_the_program_starts() {
	configure
	run shim cat /proc/self/maps
	[[ $output == *libotelue_preload* ]] || fail "no shim in: $output"
	[[ $output != *jansson* ]] || fail "$(grep jansson <<<"$output")"
}

library_opened() { grep -c 'open.*libjansson' trace || true; }

the_second_process_needs_no_library() {
	need strace
	configure
	sleep 2.2 # a file that has just been written to may be written to again
	run strace -f -o trace -E "LD_PRELOAD=$OTELUE_PRELOAD" true
	expect_equal "$(library_opened)" 1 "first process"
	run strace -f -o trace -E "LD_PRELOAD=$OTELUE_PRELOAD" true
	expect_equal "$(library_opened)" 0 "second process"
	export NAME=other
	run strace -f -o trace -E "LD_PRELOAD=$OTELUE_PRELOAD" true
	expect_equal "$(library_opened)" 1 "with another variable"
	[[ $(exported) == *'{"stringValue":"other"}'* ]] || fail "the variable was not obeyed"
}

functions_of_the_program_do_not_take_the_librarys_place() {
	configure
	expect_transparent "$programs/own_json"
	[[ $(exported) == *'{"stringValue":"shop"}'* ]] || fail "the file was not read"
}

# Their dlopen refuses what keeps the library to ourselves. a_program_with_the_sanitizer_reads_a_file KIND RUNTIME
a_program_with_the_sanitizer_reads_a_file() {
	local runtime
	need gcc
	runtime=$(realpath "$(gcc -print-file-name="$2")")
	[[ -f $runtime ]] || skip "gcc has no $2"
	printf 'int main(void) { return 6; }\n' >program.c
	gcc -fsanitize="$1" program.c -o program
	configure
	run env LD_PRELOAD="$runtime $OTELUE_PRELOAD" ./program
	expect_code 6
	expect_equal "$errors" ""
	[[ $(exported) == *'{"stringValue":"shop"}'* ]] || fail "the file was not read"
}

one_of_another_users_files_is_refused() {
	configure
	((EUID == 0)) || skip "only root can give files away"
	chown 65534 otelue.json
	run shim true
	expect_code 0
	expect_equal "$errors" "otelue: OTELUE_CONFIG: \"$OTELUE_CONFIG\" is refused: it belongs to another user; it must be \
root's or your own (chown) (nothing is counted)"
}

# Root's file, in a sandbox that does not know root: nobody there can mend it.
in_a_user_namespace_a_file_of_nobody_knows_whom_is_left_alone() {
	((EUID == 0)) || skip "a file of root's needs root"
	configure
	open_to_others ends
	cp "$OTELUE_BUILD/otelue" otelue
	chmod 644 otelue.json
	local nobody=(setpriv --reuid=1234 --regid=1234 --clear-groups --)
	"${nobody[@]}" unshare -U true || skip "this user may make no user namespaces"
	local as
	for as in -U -Ur; do
		run "${nobody[@]}" unshare "$as" env LD_PRELOAD="$OTELUE_PRELOAD" ./ends exit 1
		expect_code 3
		expect_equal "$errors" ""
		run "${nobody[@]}" unshare "$as" ./otelue config
		expect_code 1
		[[ $errors == *"is left alone: its owner has no id in this user namespace" ]] || fail "$errors"
	done
}

# told SETTING: the line of otelue config about it, with single blanks.
told() { sed -n "s/^$1  */$1 /p" <<<"$output" | sed 's/  */ /g'; }

the_command_tells_where_each_setting_came_from() {
	configure '"hooks": {"file": {"enabled": false}}'
	run "$OTELUE_BUILD/otelue" config otelue.json
	expect_code 0
	expect_equal "$(told exporters)" "exporters otlp_file /meter_provider/readers/*/periodic/exporter"
	expect_equal "$(told service_name)" "service_name shop /resource/attributes"
	expect_equal "$(told log_level)" "log_level info default"
	[[ $(told families) == *"memory, socket,"*" /distribution/otelue/hooks/*/enabled" ]] || fail "$(told families)"
	unset OTELUE_CONFIG
	export OTEL_SERVICE_NAME=here OTELUE_METRIC_EXPORT_INTERVAL=1500 OTEL_METRICS_EXPORTER=otlp
	run "$OTELUE_BUILD/otelue" config
	expect_equal "$(told service_name)" "service_name here OTEL_SERVICE_NAME"
	expect_equal "$(told interval_ms)" "interval_ms 1500 ms OTELUE_METRIC_EXPORT_INTERVAL"
	[[ $output == *'exporter "otlp" is not ours; left to the program'* ]] || fail "$output"
}

# otelue config "$FILE", where FILE is not set.
an_empty_word_is_no_checked_file() {
	configure
	run "$OTELUE_BUILD/otelue" config ""
	expect_code 2
	expect_output ""
	[[ $errors == "otelue config: '' is no file's name"$'\n'* ]] || fail "$errors"
}

the_command_says_what_the_shim_would_say() {
	echo '{"file_format": "1.1", "disabled": "perhaps"}' >otelue.json
	run "$OTELUE_BUILD/otelue" config otelue.json
	expect_code 1
	expect_output ""
	expect_equal "$errors" 'otelue config: otelue.json: /disabled: expected true or false, got "perhaps"'
	run "$OTELUE_BUILD/otelue" config a b
	expect_code 2
}

the_readmes_example_is_right() {
	sed -n '/^```json$/,/^```$/{/^```/d;p}' "$OTELUE_SRC/README.md" >otelue.json
	[[ -s otelue.json ]] || fail "no example in README.md"
	run "$OTELUE_BUILD/otelue" config otelue.json
	expect_code 0
}

# system_calls [-E VARIABLE=VALUE] COMMAND...: how many it makes under the shim; leaves them in trace.
system_calls() {
	strace -f -o trace -E LD_PRELOAD="$OTELUE_PRELOAD" "$@" >/dev/null
	grep -cE '^[0-9]+ +[a-z_0-9]+\(' trace
}

# Beside its settings it reads nothing, makes nothing and has no thread.
an_excluded_program_pays_nothing() {
	need strace
	cp /bin/true chromium
	cp /bin/true observed
	local excluded disabled
	excluded=$(system_calls ./chromium)
	! grep -E 'clone|/dev/shm|/proc/self/(io|ns)|MAP_SHARED' trace || fail "it is not left alone"
	disabled=$(system_calls -E OTELUE_DISABLED=true ./observed)
	expect_equal "$excluded" "$((disabled + 1))" "system calls: those of a disabled one and a look at the program's name"
	(($(system_calls ./observed) > excluded + 20)) || fail "what is counted shows nothing here"
}
test_case an_excluded_program_pays_nothing

test_case a_file_is_obeyed
test_case no_last_export_where_it_is_switched_off
test_case a_file_leaves_environment_and_descriptors_alone
test_case a_bad_file_costs_one_line_and_nothing_is_counted
test_case every_bad_program_of_a_pipe_says_it_in_whole_lines
test_case the_kill_switch_silences_a_bad_file
test_case an_excluded_program_is_not_observed
test_case the_library_is_gone_when_the_program_starts
test_case the_second_process_needs_no_library
test_case functions_of_the_program_do_not_take_the_librarys_place
test_case a_program_with_the_sanitizer_reads_a_file address libasan.so
test_case a_program_with_the_sanitizer_reads_a_file thread libtsan.so
test_case the_command_tells_where_each_setting_came_from
test_case the_command_says_what_the_shim_would_say
test_case an_empty_word_is_no_checked_file
test_case the_readmes_example_is_right
test_case one_of_another_users_files_is_refused
test_case in_a_user_namespace_a_file_of_nobody_knows_whom_is_left_alone
test_done
