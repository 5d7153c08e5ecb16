/* The resource in a document. */
#include <errno.h>
#include "tests/unit/settings_fixture.h"

TestSuite(settings_json_resource, .init = scratch_make, .fini = scratch_remove);

#define RESOURCE(members)    DOCUMENT("'resource': {" members "}")
#define ATTRIBUTES(elements) RESOURCE("'attributes': [" elements "]")
#define FIRST                "/resource/attributes/0"

Test(settings_json_resource, attributes_have_the_type_of_their_value)
{
	struct settings_attribute attribute;

	assert_loads(LOAD_JSON(ATTRIBUTES(
		"{'name': 's', 'value': 'v'}, {'name': 'i', 'value': -3}, {'name': 'd', 'value': "
		"1.5}, {'name': 'b', 'value': true}, {'name': 'n', 'value': null}")));
	cr_assert(find_attribute("s", &attribute));
	cr_assert_eq(attribute.type, ATTRIBUTE_STRING);
	cr_assert(find_attribute("i", &attribute));
	cr_assert_eq(attribute.type, ATTRIBUTE_INT);
	cr_assert_eq(attribute.integer, -3);
	cr_assert(find_attribute("d", &attribute));
	cr_assert_eq(attribute.real, 1.5);
	cr_assert(find_attribute("b", &attribute));
	cr_assert_eq(attribute.type, ATTRIBUTE_BOOL);
	cr_assert_not(find_attribute("n", &attribute));
}

Test(settings_json_resource, a_type_turns_references_into_values)
{
	struct settings_attribute attribute;

	assert_loads(LOAD_JSON_WITH(
		ATTRIBUTES("{'name': 'i', 'value': '${VAR}', 'type': 'int'}, {'name': 'd', 'type': "
	                   "'double', 'value': '${VAR}'}, {'name': 's', 'value': '${VAR}'}"),
		"VAR=80"));
	cr_assert(find_attribute("i", &attribute));
	cr_assert_eq(attribute.type, ATTRIBUTE_INT);
	cr_assert_eq(attribute.integer, 80);
	cr_assert(find_attribute("d", &attribute));
	cr_assert_eq(attribute.type, ATTRIBUTE_DOUBLE);
	cr_assert_eq(attribute.real, 80);
	cr_assert_str_eq(attribute_text("s"), "80");
}

Test(settings_json_resource, values_must_be_of_the_type_given)
{
	assert_refused(LOAD_JSON(ATTRIBUTES("{'name': 'a', 'value': 'x', 'type': 'int'}")),
	               FIRST "/value: expected an integer, got \"x\"");
	assert_refused(LOAD_JSON(ATTRIBUTES("{'name': 'a', 'value': 1.5, 'type': 'int'}")),
	               FIRST "/value: expected an integer, got a number that is not an integer");
	assert_refused(LOAD_JSON(ATTRIBUTES("{'name': 'a', 'value': 1, 'type': 'bool'}")),
	               FIRST "/value: expected true or false, got 1");
	assert_refused(LOAD_JSON(ATTRIBUTES("{'name': 'a', 'value': 1, 'type': 'string'}")),
	               FIRST "/value: expected a string, got 1");
	assert_refused(LOAD_JSON(ATTRIBUTES("{'name': 'a', 'value': {}}")),
	               FIRST "/value: expected a string, got an object");
	assert_refused(LOAD_JSON(ATTRIBUTES("{'name': 'a', 'value': 1, 'type': 'float'}")),
	               FIRST "/type: expected string, int, double or bool, got \"float\"");
}

Test(settings_json_resource, arrays_are_refused_for_now)
{
	assert_refused(LOAD_JSON(ATTRIBUTES("{'name': 'a', 'value': ['x']}")),
	               FIRST "/value: arrays are not supported by this version of otelue");
	assert_refused(LOAD_JSON(ATTRIBUTES("{'name': 'a', 'value': [1], 'type': 'int_array'}")),
	               FIRST "/type: arrays are not supported by this version of otelue");
}

Test(settings_json_resource, name_and_value_must_be_there)
{
	assert_refused(LOAD_JSON(ATTRIBUTES("{'name': 'a'}")), FIRST "/value: is missing");
	assert_refused(LOAD_JSON(ATTRIBUTES("{'value': 'a'}")), FIRST "/name: is missing");
	assert_refused(LOAD_JSON(ATTRIBUTES("{'key': 'a'}")),
	               FIRST "/key: unknown key; expected name, value and type");
	assert_refused(LOAD_JSON(ATTRIBUTES("{'name': 'a;b', 'value': 'x'}")),
	               FIRST "/name: expected 1 to 255 printable ASCII characters, no blank and no "
	                     ";, got \"a;b\"");
}

Test(settings_json_resource, a_name_is_given_once)
{
	assert_refused(
		LOAD_JSON(ATTRIBUTES("{'name': 'a', 'value': 'x'}, {'name': 'a', 'value': 'y'}")),
		"/resource/attributes/1: an attribute of this name is there already");
}

Test(settings_json_resource, service_name_is_a_setting_of_its_own)
{
	assert_loads(LOAD_JSON_WITH(
		ATTRIBUTES("{'name': 'service.name', 'value': '${OTEL_SERVICE_NAME:-checkout}'}"),
		"OTEL_SERVICE_NAME=shop"));
	cr_assert_str_eq(settings.service_name, "shop");
	cr_assert_null(attribute_text("service.name"));
	cr_assert_eq(settings.source[SETTING_service_name], SOURCE_FILE);
}

Test(settings_json_resource, the_list_fills_up_what_the_attributes_leave)
{
	assert_loads(LOAD_JSON(RESOURCE(
		"'attributes_list': 'a=1,b=2%20,service.name=list', 'attributes': [{'name': 'a', "
		"'value': 'first'}, {'name': 'service.name', 'value': 'first'}]")));
	cr_assert_str_eq(attribute_text("a"), "first");
	cr_assert_str_eq(attribute_text("b"), "2 ");
	cr_assert_str_eq(settings.service_name, "first");
	cr_assert_eq(settings.source[SETTING_service_name], SOURCE_FILE);
	cr_assert_eq(settings.source[SETTING_resource_attributes], SOURCE_FILE);
	assert_loads(LOAD_JSON(RESOURCE("'attributes_list': 'a=1,service.name=list'")));
	cr_assert_eq(settings.source[SETTING_service_name], SOURCE_FILE_LIST);
	cr_assert_eq(settings.source[SETTING_resource_attributes], SOURCE_FILE_LIST);
	assert_refused(LOAD_JSON(RESOURCE("'attributes_list': 'a=1,b'")),
	               "/resource/attributes_list: expected key=value, got \"b\"");
}

Test(settings_json_resource, what_has_no_room_is_refused)
{
	static char text[3000];

	strcpy(text, "{\"file_format\": \"1.1\", \"resource\": {\"attributes\": [{\"name\": \"a\", "
	             "\"value\": \"");
	memset(text + strlen(text), 'x', 2500);
	strcat(text, "\"}]}}");
	assert_refused(LOAD_JSON(text),
	               FIRST ": no room: the attributes may take about 2000 bytes together");
}

Test(settings_json_resource, detection_is_left_to_the_sdk_only_in_a_shared_document)
{
	assert_refused(LOAD_JSON(RESOURCE("'detection/development': {}")),
	               "/resource/detection~1development: not supported by this version of otelue; "
	               "take it out");
	assert_loads(LOAD_SHARED(RESOURCE("'detection/development': {}")));
	cr_assert(strstr(settings.notes,
	                 "/resource/detection~1development: left to the program's own SDK\n"));
}
