/* Who this process is: the detected attributes of the resource. Runs where the exporter runs; no
 * libc. */
#ifndef PRELOAD_DETECT_H
#define PRELOAD_DETECT_H

#include <stdint.h>
#include "encoder/resource.h"

/* Adds what can be found out about the process and the machine, and what the settings say. uuid:
 * service.instance.id */
void detect_resource(struct resource *resource, const uint8_t uuid[16]);

#endif
