/* jansson as the linker found it: for the command and the tests. Also holds our copy of its ABI
 * against jansson.h. */
#include <jansson.h>
#include "config/jansson_api.h"

_Static_assert(JSON_OBJECT == 0 && JSON_ARRAY == 1 && JSON_STRING == 2 && JSON_INTEGER == 3 &&
                       JSON_REAL == 4 && JSON_TRUE == 5 && JSON_FALSE == 6 && JSON_NULL == 7 &&
                       JSON_REJECT_DUPLICATES == 1 && JSON_DECODE_ANY == 4,
               "constants of jansson_api.h");
_Static_assert(offsetof(json_t, type) == 0 && sizeof(json_type) == sizeof(unsigned int) &&
                       offsetof(json_error_t, source) == 12 && offsetof(json_error_t, text) == 92 &&
                       sizeof(json_error_t) == 252 && sizeof(json_int_t) == sizeof(long long),
               "types of jansson_api.h");

int jansson_open_linked(struct json_api *ret_api, struct text *why)
{
	(void)why;
	*ret_api = (struct json_api){
#define JSON_FUNCTION(result, name, parameters) .name = json_##name,
#include "config/jansson_api.def"
#undef JSON_FUNCTION
	};
	return 0;
}
