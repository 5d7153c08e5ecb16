#!/bin/bash
# The README's table of metrics is the catalogue's.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

the_readme_lists_the_metrics_that_there_are() {
	sed -n '/^<!-- metrics:/,/^<!-- end of metrics -->/p' "$OTELUE_SRC/README.md" | sed '1d;$d' >readme
	"$OTELUE_BUILD/otelue" metrics --markdown >catalogue
	[[ -s readme ]] || fail "README.md has no table between its two marks"
	cmp -s readme catalogue || fail "README.md is behind the catalogue: make update-readme writes it anew" \
		"$(diff readme catalogue | head -n 20)"
}

test_case the_readme_lists_the_metrics_that_there_are
test_done
