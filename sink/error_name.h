/* Names of errors where libc is not to be asked. Any thread. */
#ifndef SINK_ERROR_NAME_H
#define SINK_ERROR_NAME_H

/* "ENOSPC" for ENOSPC or -ENOSPC; NULL: not one that a sink meets. Static. */
const char *error_name(int err);

#endif
