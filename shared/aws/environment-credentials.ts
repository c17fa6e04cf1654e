/**
 * What stands in a bundle for the SDK's chain of credential providers: a function has its credentials in its environment and
 * nowhere else, and the rest of the chain is a quarter of the bundle.
 *
 * @returns a provider that throws where the environment has none: the function does not run on Lambda
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
export const defaultProvider = () => async () => {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
  if (AWS_ACCESS_KEY_ID === undefined || AWS_SECRET_ACCESS_KEY === undefined) {
    throw new Error("There are no credentials in the environment. A bundle takes them from there alone, as on Lambda.");
  }
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN === undefined ? {} : { sessionToken: AWS_SESSION_TOKEN }),
  };
};
