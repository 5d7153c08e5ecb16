/*
 * Requests of OTLP as trees of JSON, whichever form they come in. The trees have exactly the types
 * of otlp_schema.h in OTLP's JSON form (integers of 64 bits as strings), so that who walks them
 * need not look again. Written for hostile input: nothing is believed, depth and size are bounded.
 */
#ifndef CLI_OTLP_READ_H
#define CLI_OTLP_READ_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct otlp_error {
	char text[256]; /* what is wrong and where: "byte 17: ..." or "/resourceMetrics/0: ..." */
};

/* Called with each ResourceMetrics, in the order in which they stand. */
struct otlp_visitor {
	void (*visit)(struct otlp_visitor *visitor, json_t *resource_metrics);
};

/* Bytes of one request, or of several one behind the other (to protobuf that is one). 0 or -EINVAL;
 * what stands before the error has been visited. */
int otlp_read_protobuf(const uint8_t *bytes, size_t length, struct otlp_visitor *visitor,
                       struct otlp_error *ret_error);

/* One line of JSON. 0 or -EINVAL; nothing has been visited then. */
int otlp_read_json(const char *line, size_t length, struct otlp_visitor *visitor,
                   struct otlp_error *ret_error);

#endif
