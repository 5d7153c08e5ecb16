#!/bin/bash
# Names, modes, times and listings of files: every call and every failure is counted, as the program counted itself.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

# counted_as_the_program_says COMMAND...
counted_as_the_program_says() {
	local series value is kind lines=0
	run "$OTELUE_BUILD/otelue" run --json --output "$PWD/run.json" -- "$@"
	expect_code 0
	while read -r series value; do
		kind=value
		[[ $series != *.duration* ]] || kind=count
		is=$("$metrics" "$kind" "$series" run.json)
		expect_equal "${is:-0}" "$value" "$series"
		lines=$((lines + 1))
	done <<<"$output"
	expect_equal "$lines" 25 "series compared"
	expect_between 100 "$("$metrics" count 'libc.file.operation.duration{libc.file.operation=metadata}' run.json)" 1000000
}

# Root may do everything: as another user, to whom the build need not be open.
a_call_that_is_denied_is_counted() {
	(($(id -u) == 0)) || skip "not root"
	need setpriv
	cp "$programs/metadata" "$OTELUE_PRELOAD" .
	chmod 755 "$test_root" . metadata libotelue_preload.so
	mkdir -m 777 home
	run setpriv --reuid 65534 --regid 65534 --clear-groups env -C home LD_PRELOAD="$PWD/libotelue_preload.so" \
		OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE="$PWD/home/out.jsonl" "$PWD/metadata" 0 1
	expect_code 0
	for operation in "metadata 2" "open 1"; do
		series="libc.file.operation.errors{libc.file.operation=${operation% *},error.type=EACCES}"
		grep -qxF "$series ${operation#* }" <<<"$output" || fail "$series: $output"
		expect_equal "$("$metrics" value "$series" home/out.jsonl)" "${operation#* }" "$series"
	done
}

# find and rm by strace: each unlink and stat that it sees is one call of ours.
coreutils_count_as_strace_sees_them() {
	need strace
	local call
	mkdir -p tree/{a,b,c}/{d,e}
	touch tree/{a,b,c}/{d,e}/{1,2,3}
	run strace -f -e trace=unlinkat -o trace "$OTELUE_BUILD/otelue" run --json --output run.json -- rm -r tree/a
	expect_code 0
	call=$(grep -c 'unlinkat(.*"\([123de]\|tree/a\)".* = 0$' trace)
	expect_equal "$call" 9 "removals"
	expect_between "$call" "$("$metrics" count 'libc.file.operation.duration{libc.file.operation=metadata}' run.json)" 1000
	run strace -f -e trace=mkdir,mkdirat -o trace "$OTELUE_BUILD/otelue" run --json --output run.json -- mkdir tree/a tree/b tree/d
	expect_code 1
	expect_equal "$(grep -c '"tree/.*EEXIST' trace)" "$("$metrics" value 'libc.file.operation.errors{error.type=EEXIST}' run.json)" EEXIST
}

test_case counted_as_the_program_says "$programs/metadata" 0 30
test_case counted_as_the_program_says "$programs/metadata" 8 30
test_case a_call_that_is_denied_is_counted
test_case coreutils_count_as_strace_sees_them
test_case expect_transparent "$programs/metadata" 2 5
test_done
