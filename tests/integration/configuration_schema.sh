#!/bin/bash
# Our configuration files are OpenTelemetry's: its own parser (npm @opentelemetry/configuration) takes what we take and
# understands the same; what is wrong, both refuse.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

version=0.223.0
example=$OTELUE_SRC/doc/otelue.json.example
unset "${!OTEL_@}" "${!OTELUE_CONFIG@}" DEPLOYMENT

theirs() { node "$OTELUE_SRC/tests/lib/opentelemetry-configuration.js" "$package" "$1"; }
ours() { "$OTELUE_BUILD/otelue" config --json "$1"; }

# ask JSON EXPRESSION: of the document on stdin, called it.
ask() { node -e 'const it = JSON.parse(require("fs").readFileSync(0)); console.log(String(eval(process.argv[1])));' "$1"; }

fetch_package() {
	need node npm
	package=$("$OTELUE_SRC/tests/lib/npm-package" @opentelemetry/configuration "$version") ||
		skip "npm cannot install @opentelemetry/configuration"
}

attribute='it.resource.attributes.find(a => a.name === "NAME").value'
periodic='it.meter_provider.readers[0].periodic'

the_example_is_understood_by_both_in_the_same_way() {
	fetch_package
	export OTEL_SERVICE_NAME=shop OTEL_RESOURCE_ATTRIBUTES=a=b
	theirs "$example" >theirs.json || fail "OpenTelemetry's parser refuses the example"
	ours "$example" >ours.json || fail "otelue config refuses the example"
	expect_equal "$(ask "${attribute/NAME/service.name}" <theirs.json)" shop theirs
	expect_equal "$(ask it.settings.service_name.value <ours.json)" shop ours
	expect_equal "$(ask "$periodic.interval" <theirs.json)" "$(ask it.settings.interval_ms.value <ours.json)"
	expect_equal "$(ask "$periodic.timeout" <theirs.json)" "$(ask it.settings.timeout_ms.value <ours.json)"
	expect_equal "$(ask "$periodic.exporter.user_events.temporality_preference" <theirs.json)" \
		"$(ask it.settings.user_events_temporality.value <ours.json)"
	expect_equal "$(ask it.log_level <theirs.json)" "$(ask it.settings.log_level.value <ours.json)"
	expect_equal "$(ask it.distribution.otelue.export.max_event_size <theirs.json)" \
		"$(ask it.settings.max_event_size.value <ours.json)"
	expect_equal "$(ask it.resource.attributes_list <theirs.json)" a=b
	expect_equal "$(ask it.settings.resource_attributes.value.a <ours.json)" b
}

# An attribute with the text as its value.
write_value() {
	printf '{"file_format": "1.1", "resource": {"attributes": [{"name": "x", "value": "%s"}]}}' "$1" >value.json
}

references_lead_both_to_the_same_text() {
	local text
	fetch_package
	export VAR=value EMPTY='' MORE='${VAR}$$'
	for text in 'a-${VAR}-b' '${env:VAR}' '${UNSET:-none of it}' '${EMPTY:-x}' '$$' '$${VAR}' '$$${VAR}' '$VAR' \
		'${MORE}' 'a$' '${VAR}${VAR}' '{$VAR}'; do
		write_value "$text"
		theirs value.json >theirs.json
		ours value.json >ours.json
		expect_equal "$(ask it.settings.resource_attributes.value.x <ours.json)" \
			"$(ask "${attribute/NAME/x}" <theirs.json)" "$text"
	done
}

# refused_by_both DOCUMENT
refused_by_both() {
	printf '%s' "$1" >bad.json
	run theirs bad.json
	expect_code 1
	run ours bad.json
	expect_code 1
}

what_is_wrong_both_refuse() {
	local members
	fetch_package
	refused_by_both '{}'
	refused_by_both '{"file_format": "2.0"}'
	refused_by_both '{"file_format": 1}'
	for members in '"disabled": "maybe"' '"log_level": "loud"' '"resource": {"attribute": []}' '"resource": null' \
		'"resource": {"attributes": []}' '"resource": {"attributes": [{"name": "a"}]}' \
		'"resource": {"attributes": [{"name": "a", "value": {}}]}' \
		'"resource": {"attributes": [{"name": "a", "value": "${A:?}"}]}' \
		'"attribute_limits": {"attribute_value_length_limit": -1}' '"meter_provider": {}' \
		'"meter_provider": {"readers": []}' '"meter_provider": {"readers": [{"periodic": {}}]}' \
		'"meter_provider": {"readers": [{"periodic": {"exporter": {}}}]}' \
		'"meter_provider": {"readers": [{"periodic": {"interval": "soon", "exporter": {"user_events": null}}}]}' \
		'"meter_provider": {"readers": [{"periodic": {"intervals": 1, "exporter": {"user_events": null}}}]}' \
		'"meter_provider": {"readers": [{"periodic": {"exporter": {"user_events": 1}}}]}' \
		'"distribution": {}' '"distribution": {"otelue": null}'; do
		refused_by_both "{\"file_format\": \"1.1\", $members}"
	done
}

test_case the_example_is_understood_by_both_in_the_same_way
test_case references_lead_both_to_the_same_text
test_case what_is_wrong_both_refuse
test_done
