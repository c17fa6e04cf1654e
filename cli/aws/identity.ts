import { CommandError } from "../command-error.ts";
import { exitCodes } from "../exit-codes.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Who signs. */
export type AwsCredentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
};

/** The credentials and the Region of whoever runs the command; each is looked for when it is first needed. */
export type AwsIdentity = {
  /** @throws CommandError `credentials_missing` */
  credentials(): Promise<AwsCredentials>;
  /** @throws CommandError `region_missing` */
  region(): Promise<string>;
};

/**
 * Finds them where AWS' own tools do: in the environment, and otherwise in the shared files, SSO, a process, a container or
 * the instance. All but the environment is code that is loaded only where it is needed.
 *
 * @param region that was asked for, or that the address names; undefined for the usual one
 */
export function awsIdentity(env: Environment, region: string | undefined): AwsIdentity {
  return {
    async credentials() {
      const { AWS_ACCESS_KEY_ID: accessKeyId = "", AWS_SECRET_ACCESS_KEY: secretAccessKey = "" } = env;
      if ((env["AWS_PROFILE"] ?? "") === "" && accessKeyId !== "" && secretAccessKey !== "") {
        return { accessKeyId, secretAccessKey, sessionToken: env["AWS_SESSION_TOKEN"] || undefined };
      }
      const { usualCredentials } = await import("./usual-identity.ts");
      return usualCredentials().catch((cause: unknown) => {
        throw new CommandError(
          "credentials_missing",
          exitCodes.notAllowed,
          "There are no AWS credentials to sign with.",
          {
            advice: "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in with aws sso login.",
            cause,
          },
        );
      });
    },
    async region() {
      const known = region || env["AWS_REGION"] || env["AWS_DEFAULT_REGION"];
      if (known) return known;
      const { usualRegion } = await import("./usual-identity.ts");
      return usualRegion().catch((cause: unknown) => {
        throw new CommandError("region_missing", exitCodes.usage, "The broker's Region is not known.", {
          advice: "Give it with --region or AWS_REGION.",
          cause,
        });
      });
    },
  };
}
