/*
 * What Lambda's Node runtime does with a function, as far as functions can tell: imports the handler once, then asks the
 * Runtime API for one invocation after the other. Started by `lambda-function.ts` as a process of its own.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
const { AWS_LAMBDA_RUNTIME_API, LAMBDA_TASK_ROOT, _HANDLER = "", AWS_LAMBDA_FUNCTION_NAME = "" } = process.env;
const api = `http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;

const post = (path: string, body: unknown) =>
  fetch(`${api}/${path}`, { method: "POST", body: JSON.stringify(body ?? null) });

const describe = (error: unknown) =>
  error instanceof Error
    ? { errorType: error.name, errorMessage: error.message, trace: error.stack?.split("\n") ?? [] }
    : { errorType: typeof error, errorMessage: String(error), trace: [] };

const [file, name = ""] = _HANDLER.split(".");
const module = await import(`${LAMBDA_TASK_ROOT}/${file}.mjs`).catch(async (error: unknown) => {
  await post("init/error", describe(error));
  throw error;
});

for (;;) {
  const next = await fetch(`${api}/invocation/next`);
  const requestId = next.headers.get("lambda-runtime-aws-request-id") ?? "";
  const deadline = Number(next.headers.get("lambda-runtime-deadline-ms"));
  const context = {
    awsRequestId: requestId,
    functionName: AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: "$LATEST",
    invokedFunctionArn: next.headers.get("lambda-runtime-invoked-function-arn"),
    memoryLimitInMB: process.env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"],
    logGroupName: process.env["AWS_LAMBDA_LOG_GROUP_NAME"],
    logStreamName: process.env["AWS_LAMBDA_LOG_STREAM_NAME"],
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
  try {
    const event: unknown = await next.json();
    await post(`invocation/${requestId}/response`, await module[name](event, context));
  } catch (error) {
    await post(`invocation/${requestId}/error`, describe(error));
  }
}

export {};
