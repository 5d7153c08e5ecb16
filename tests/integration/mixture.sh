#!/bin/bash
# Many families at once, in one thread and in eight, over fork and amid signals: numbers are the program's own, times can be.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

# numbers_and_times_are_the_programs_own THREADS ROUNDS
numbers_and_times_are_the_programs_own() {
	local what series number lines=0 wall
	run "$OTELUE_BUILD/otelue" run --json --output run.json -- "$programs/mixture" "$@"
	((code == 0)) || fail "exit code $code" "$errors"
	wall=$(sed -n 's/^wall //p' .output)
	while read -r what series number; do
		case $what in
		count)
			((number > 0)) || fail "the program did nothing of $series"
			expect_equal "$(of "$series")" "$number" "$series"
			;;
		least) # and at most, since a thread or its child is in one of them at a time, and in no other
			"$metrics" value "$series" run.json >seconds
			awk -v least="$number" -v most=$((wall * ($1 ? $1 : 1))) \
				'{ exit !($1 * 1e6 >= least && $1 * 1e6 <= most) }' seconds || fail "$series: $(<seconds) s"
			;;
		esac
		lines=$((lines + 1))
	done <.output
	expect_equal "$lines" 17 "lines of the program"
}
of() {
	if [[ $1 == *.duration* ]]; then "$metrics" count "$1" run.json; else "$metrics" value "$1" run.json; fi
}

test_case numbers_and_times_are_the_programs_own 0 60
test_case numbers_and_times_are_the_programs_own 8 60
test_done
