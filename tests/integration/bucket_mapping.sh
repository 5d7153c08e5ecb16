#!/bin/bash
# Our histograms count each value in the bucket in which OpenTelemetry's own SDK counts it.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"
need node

# Small values all, then powers of two and what stands around the bounds between them, then others.
values() {
	awk -v kind="$1" -v last="$2" 'BEGIN {
		for (n = 1; n < 3000; n++) printf "%s %.0f\n", kind, n
		for (p = 1; p < 2 ^ last; p *= 2)
			for (quarter = 0; quarter < 4; quarter++) {
				bound = int(p * 2 ^ (quarter / 4))
				for (n = bound - 2; n <= bound + 2; n++)
					if (n > 0 && n <= 2 ^ last) printf "%s %.0f\n", kind, n
			}
		srand(1)
		for (i = 0; i < 20000; i++) printf "%s %.0f\n", kind, 1 + int(2 ^ (rand() * last))
	}'
}

agrees_with_the_sdk() {
	local sdk
	sdk=$("$OTELUE_SRC/tests/lib/npm-package" @opentelemetry/sdk-metrics 2.0.1)
	values "$1" "$2" | "$programs/bucket_of" >ours
	expect_between 20000 "$(wc -l <ours)" 30000 values
	cat >check.js <<-'SCRIPT'
		const [sdk, scale] = process.argv.slice(2);
		const { getMapping } = require(`${sdk}/build/src/aggregator/exponential-histogram/mapping/getMapping.js`);
		const mapping = getMapping(Number(scale));
		let wrong = 0, count = 0;
		for (const line of require('fs').readFileSync('ours', 'utf8').trim().split('\n')) {
			const [, mantissa, exponent, index] = line.match(/^0x([0-9a-f.]+)p([-+]\d+) (-?\d+)$/);
			const [whole, fraction = ''] = mantissa.split('.');
			const value = (parseInt(whole + fraction, 16) / 16 ** fraction.length) * 2 ** Number(exponent);
			count++;
			if (mapping.mapToIndex(value) !== Number(index) && wrong++ < 10)
				console.log(`${value}: index ${index}, the SDK says ${mapping.mapToIndex(value)}`);
		}
		console.log(`${count} values, ${wrong} wrong`);
		process.exit(wrong || !count ? 1 : 0);
	SCRIPT
	node check.js "$sdk" "$3"
}

# The comparison can fail: at another scale nearly everything is wrong.
would_notice_another_scale() {
	run agrees_with_the_sdk bytes 30 3
	expect_code 1
	[[ $output == *wrong* ]] || fail "$output" "$errors"
}

# The last bucket takes what is larger, so values end where it does.
test_case agrees_with_the_sdk bytes 30 2
test_case agrees_with_the_sdk seconds 39 2
test_case would_notice_another_scale
test_done
