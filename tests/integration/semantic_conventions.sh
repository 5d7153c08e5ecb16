#!/bin/bash
# Names that we do not own are those of the semantic conventions in the version that schema_url names.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"
need node

# Prints what the catalogue takes from the conventions: metrics, then attribute keys.
borrowed() {
	python3 -B - "$OTELUE_SRC" <<-'PYTHON'
		import sys
		sys.path.insert(0, sys.argv[1] + "/tests/lib")
		import catalogue
		metrics = catalogue.read(sys.argv[1]).values()
		keys = {a.key for m in metrics for a in m.attributes}
		for name in sorted({m.name for m in metrics} | keys):
		    if not name.startswith(("libc.", "otelue.")):
		        print(name)
	PYTHON
}

names_exist_in_the_schema_version() {
	local version package
	version=$(sed -n 's/.*opentelemetry\.io\/schemas\/\([0-9.]*\)".*/\1/p' "$OTELUE_SRC/encoder/otlp.h")
	package=$("$OTELUE_SRC/tests/lib/npm-package" @opentelemetry/semantic-conventions "$version")
	borrowed >names
	{
		cat names
		sed -n 's/.*"\(\(service\|process\|host\|os\|container\|telemetry\)\.[a-z_.]*[a-z_]\)".*/\1/p' \
			"$OTELUE_SRC"/preload/detect.c "$OTELUE_SRC"/encoder/resource_shed.c
	} | sort -u >all
	expect_between 35 "$(wc -l <all)" 100 names
	cat >check.js <<-'SCRIPT'
		const root = process.argv[2] + '/build/src';
		const known = new Set(), deprecated = new Set();
		for (const file of ['stable_attributes', 'experimental_attributes', 'stable_metrics', 'experimental_metrics']) {
			for (const value of Object.values(require(`${root}/${file}.js`)))
				known.add(value);
			const text = require('fs').readFileSync(`${root}/${file}.js`, 'utf8');
			for (const block of text.split('/**'))
				if (block.includes('@deprecated')) {
					const name = block.match(/exports\.\w+ = '([^']+)'/);
					if (name) deprecated.add(name[1]);
				}
		}
		let missing = 0;
		for (const name of require('fs').readFileSync('all', 'utf8').trim().split('\n'))
			if (!known.has(name) || deprecated.has(name)) {
				console.log(`${name} is ${known.has(name) ? 'deprecated' : 'unknown'} there`);
				missing++;
			}
		process.exit(missing ? 1 : 0);
	SCRIPT
	node check.js "$package"
}

test_case names_exist_in_the_schema_version
test_done
