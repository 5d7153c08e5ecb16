// opentelemetry-configuration.js PACKAGE FILE: reads a configuration file with OpenTelemetry's own parser (npm
// @opentelemetry/configuration, installed at PACKAGE) and prints what it understood as JSON. Exit code 1: refused.
const [, , packageDirectory, file] = process.argv;

process.env.OTEL_CONFIG_FILE = file;
try {
	console.log(JSON.stringify(require(packageDirectory).createConfigFactory().getConfigModel()));
} catch (error) {
	console.error(error.message);
	process.exit(1);
}
