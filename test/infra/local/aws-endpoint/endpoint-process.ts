import { startAwsEndpoint } from "../../../../infra/local/aws-endpoint/start-aws-endpoint.ts";

// Run by restart.test.ts in a process of its own, to be killed: node --import tsx endpoint-process.ts {data directory} {port}
const [dataDirectory, port] = process.argv.slice(2);
const endpoint = await startAwsEndpoint({ port: Number(port ?? 0), dataDirectory });
process.once("SIGTERM", () => void endpoint.close());
process.once("disconnect", () => process.exit(1));
console.log(endpoint.url);
