#!/bin/bash
# The patches of tests/mutate: each says what it takes out and which tests must see it, applies to the source as it
# is, and names tests that there are. That they turn red is for `make mutate`.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

# breaks_a_rule PATCH TREE: prints what is wrong with it, if anything is.
breaks_a_rule() {
	local test tests
	[[ -n $(header "$1" Cure) ]] || echo "no line 'Cure: WHAT IS TAKEN OUT' before the diff"
	read -ra tests <<<"$(header "$1" Tests)"
	((${#tests[@]} > 0)) || echo "no line 'Tests: TESTS THAT MUST FAIL' before the diff"
	for test in "${tests[@]}"; do
		[[ " $OTELUE_TESTS " == *" $test "* ]] || echo "there is no test $test"
	done
	grep -q '^+++ b/tests/' "$1" && echo "it changes a test"
	patch -d "$2" -p1 --fuzz=0 --dry-run --force <"$1" >answer 2>&1 || cat answer
}

header() { sed -n "/^--- /q; s/^$2: //p" "$1"; }

every_patch_keeps_the_rules() {
	local file count=0
	: "${OTELUE_TESTS:?the list of all tests}"
	for file in "$OTELUE_SRC"/tests/mutate/*.patch; do
		breaks_a_rule "$file" "$OTELUE_SRC" >wrong || true
		[[ ! -s wrong ]] || fail "${file##*/}: make it anew (CONTRIBUTING.md)" "$(<wrong)"
		count=$((count + 1))
	done
	((count >= 25)) || fail "only $count patches"
}

sees() {
	breaks_a_rule wrong.patch tree >wrong || true
	grep -q "$1" wrong || fail "no word of '$1' in: $(<wrong)"
}

rules_see_what_breaks_them() {
	local OTELUE_TESTS='unit-tests tests/some.sh'
	mkdir -p tree/base
	printf 'one\ntwo\n' >tree/base/a.c
	printf 'Cure: a\nTests: unit-tests tests/some.sh\n\n--- a/base/a.c\n+++ b/base/a.c\n@@ -1,2 +1,2 @@\n one\n-two\n+three\n' >right.patch
	cp right.patch wrong.patch
	breaks_a_rule wrong.patch tree >wrong || true
	[[ ! -s wrong ]] || fail "$(<wrong)"
	sed '/^Cure/d' right.patch >wrong.patch
	sees "Cure:"
	sed '/^Tests/d' right.patch >wrong.patch
	sees "Tests:"
	sed 's|tests/some.sh|tests/other.sh|' right.patch >wrong.patch
	sees "there is no test tests/other.sh"
	sed 's/^-two/-four/' right.patch >wrong.patch
	sees "hunk FAILED"
	sed 's|b/base|b/tests|' right.patch >wrong.patch
	sees "it changes a test"
}

test_case rules_see_what_breaks_them
test_case every_patch_keeps_the_rules
test_done
