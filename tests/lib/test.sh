# shellcheck shell=bash
# For integration and lint tests: a script sources this, runs test cases and ends with test_done. Prints TAP, which
# automake's driver counts case by case. A script that dies before test_done prints no plan, and so has failed.
#
#	a_number_adds_up() {
#		run expr 1 + 1
#		expect_output 2
#	}
#	test_case a_number_adds_up
#	test_done
#
# A case is a function, run in a subshell with `set -e` in a directory of its own ($PWD, removed afterwards); its name
# reads as a sentence. It fails by returning or exiting non-zero, or by fail. skip REASON ends it as skipped.
#
# From make check come OTELUE_SRC, OTELUE_BUILD (the trees) and OTELUE_PRELOAD (the shim); programs of
# tests/integration/programs are in $programs.
set -uo pipefail

: "${OTELUE_BUILD:=$PWD}"
: "${OTELUE_SRC:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)}"
: "${OTELUE_PRELOAD:=$OTELUE_BUILD/.libs/libotelue_preload.so}"
export OTELUE_BUILD OTELUE_SRC OTELUE_PRELOAD LC_ALL=C.UTF-8
# shellcheck disable=SC2034 # for the scripts
programs=$OTELUE_BUILD/tests/integration/programs
# shellcheck disable=SC2034 # for the scripts
metrics=$OTELUE_SRC/tests/lib/metrics.py
skip_code=77
test_count=0 test_failures=0
test_root=$(mktemp -d "${TMPDIR:-/tmp}/otelue-test.XXXXXX")
trap 'rm -rf -- "$test_root"' EXIT

note() { printf '# %s\n' "$@"; }
fail() {
	note "$@"
	exit 1
}
skip() {
	printf '%s\n' "$*" >"$test_root/reason"
	exit "$skip_code"
}
# open_to_others [PROGRAM...]: this case goes on with copies of the shim and of programs in its directory, which every user
# may use: the build may lie in a home that is closed.
open_to_others() {
	chmod 777 .
	chmod 755 "$test_root"
	cp "$OTELUE_PRELOAD" "${@/#/$programs/}" .
	OTELUE_PRELOAD=$PWD/libotelue_preload.so
	programs=$PWD
}
need() {
	local tool
	for tool; do
		command -v "$tool" >/dev/null || skip "no $tool on this machine"
	done
}

# run COMMAND...: leaves its output in $output, its errors in $errors, its exit code in $code.
# shellcheck disable=SC2034
run() {
	code=0
	"$@" >"$PWD/.output" 2>"$PWD/.errors" </dev/null || code=$?
	output=$(<"$PWD/.output") errors=$(<"$PWD/.errors")
}

# shim COMMAND...: COMMAND with the shim preloaded, it alone.
shim() { env LD_PRELOAD="$OTELUE_PRELOAD" "$@"; }

expect_code() { [[ $code == "$1" ]] || fail "exit code $code, not $1; stderr: ${errors-}"; }
expect_output() { [[ $output == "$1" ]] || fail "output is: $output" "and not:   $1"; }
expect_same() { cmp -- "$1" "$2" >&2 || fail "$1 and $2 differ" "$(diff -a -- "$1" "$2" | head -n 20)"; }
expect_equal() { [[ $1 == "$2" ]] || fail "${3:+$3: }$1 is not $2"; }
# expect_between LOW VALUE HIGH [WHAT]
expect_between() { (($1 <= $2 && $2 <= $3)) || fail "${4:+$4: }$2 is not in $1 to $3"; }

# to_files OUTPUT ERRORS COMMAND...: in a process of its own, so that no shell reports a signal among the errors.
to_files() { bash -c 'exec >"$1" 2>"$2" </dev/null; shift 2; exec "$@"' - "$@"; }

# expect_transparent COMMAND...: stdout, stderr and exit code are the same with the shim as without it.
# The exit code is left in $code.
expect_transparent() {
	local shimmed=0
	code=0
	to_files "$PWD/.plain.out" "$PWD/.plain.err" "$@" || code=$?
	to_files "$PWD/.shim.out" "$PWD/.shim.err" env LD_PRELOAD="$OTELUE_PRELOAD" "$@" || shimmed=$?
	expect_equal "$shimmed" "$code" "exit code with the shim"
	expect_same "$PWD/.plain.out" "$PWD/.shim.out"
	expect_same "$PWD/.plain.err" "$PWD/.shim.err"
}

# compile OUTPUT FLAGS... <SOURCE: a C program or library whose building is part of the test.
compile() {
	local compiler
	read -ra compiler <<<"${CC:-gcc}"
	"${compiler[@]}" -w -D_GNU_SOURCE -o "$1" -x c - -x none "${@:2}"
}

# test_case FUNCTION [ARGUMENTS...]
test_case() {
	local name=${*//_/ } result=0
	# The same on every machine, and on one line.
	name=${name//"${OTELUE_BUILD//_/ }/"/}
	name=${name//"${OTELUE_SRC//_/ }/"/}
	name=${name//"${test_root//_/ }/"/}
	name=${name:0:100}
	test_count=$((test_count + 1))
	mkdir -p "$test_root/$test_count"
	(
		set -e
		cd "$test_root/$test_count"
		"$@"
	) >"$test_root/log" 2>&1
	result=$?
	sed 's/^\(# \)\{0,1\}/# /' "$test_root/log"
	case $result in
	0) echo "ok $test_count - $name" ;;
	"$skip_code") echo "ok $test_count - $name # SKIP $(<"$test_root/reason")" ;;
	*)
		test_failures=$((test_failures + 1))
		note "exit code $result"
		echo "not ok $test_count - $name"
		;;
	esac
	rm -rf -- "${test_root:?}/$test_count"
}

test_done() {
	echo "1..$test_count"
	exit $((test_failures > 0))
}
