/* names ...: prints the arguments, the environment but LD_PRELOAD, OTEL and OTELUE variables, and
 * the names that libc has for the program. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>

extern char **environ;

int main(int argc, char **argv, char **envp)
{
	printf("%s %s %s\n", program_invocation_name, program_invocation_short_name,
	       (const char *)getauxval(AT_EXECFN));
	for (int i = 0; i < argc; i++)
		printf("argument %s\n", argv[i]);
	printf("%s\n", envp == environ ? "one environment" : "two environments");
	for (char **variable = environ; *variable; variable++) {
		if (strncmp(*variable, "LD_PRELOAD=", 11) && strncmp(*variable, "OTEL", 4))
			printf("%s\n", *variable);
	}
	return errno;
}
