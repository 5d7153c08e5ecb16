/* Requests of any bytes, as protobuf and as a line of JSON: refused with one line of text, or
 * printed. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "cli/otlp_read.h"
#include "cli/otlp_text.h"

static FILE *nowhere;

static void print(struct otlp_visitor *visitor, json_t *resource_metrics)
{
	(void)visitor;
	otlp_text(nowhere, resource_metrics);
}

static void check(int err, const struct otlp_error *error)
{
	if (err < 0 && (!error->text[0] || strchr(error->text, '\n')))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct otlp_visitor visitor = {print};
	struct otlp_error error = {""};

	if (!nowhere)
		nowhere = fopen("/dev/null", "w");
	check(otlp_read_protobuf(bytes, size, &visitor, &error), &error);
	check(otlp_read_json((const char *)bytes, size, &visitor, &error), &error);
	return 0;
}
