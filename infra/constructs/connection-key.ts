import { RemovalPolicy } from "aws-cdk-lib";
import { AnyPrincipal, Effect, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import type { Construct } from "constructs";

/** The encryption context of a connection's data key holds the connection's id under this name. */
export const connectionContext = "kms:EncryptionContext:chaveiro:connection";

/**
 * The key of the table, and of the data keys that token sets are encrypted with inside of it. It stays where the stack is
 * deleted: without it the table and all of its backups are noise.
 */
export class ConnectionKey extends Key {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      description: "chaveiro: the table of connections, and the data keys of their token sets",
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  /**
   * Keeps the data keys of connections to these roles, whatever else in the account IAM lets somebody do with every key. The
   * table's own encryption has another context, and is not touched.
   */
  reserveForRoles(roleArns: readonly string[]): void {
    this.addToResourcePolicy(
      new PolicyStatement({
        sid: "TokenSetsAreTheBrokersOwn",
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ["kms:Decrypt", "kms:GenerateDataKey*", "kms:ReEncryptFrom"],
        resources: ["*"],
        conditions: {
          Null: { [connectionContext]: "false" },
          ArnNotEquals: { "aws:PrincipalArn": [...roleArns] },
        },
      }),
    );
  }
}
