import { RemovalPolicy } from "aws-cdk-lib";
import { AttributeType, BillingMode, ProjectionType, Table, TableEncryption } from "aws-cdk-lib/aws-dynamodb";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { Construct } from "constructs";

/** Names of the table's indexes. The broker's adapters repeat them, and those of the attributes: a test compares the two. */
export const indexes = { due: "due", byProvider: "by_provider" } as const;

/**
 * The one table: connections, tickets, authorization requests and how token endpoints are doing. In one Region and without
 * replicas, because the fence of a refresh is a condition on one item, and a condition holds in one Region only. It stays
 * where the stack is deleted.
 */
export class ConnectionTable extends Table {
  constructor(scope: Construct, id: string, props: { readonly key: IKey; readonly recoveryDays: number }) {
    super(scope, id, {
      partitionKey: { name: "pk", type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: props.key,
      pointInTimeRecoverySpecification: {
        pointInTimeRecoveryEnabled: true,
        recoveryPeriodInDays: props.recoveryDays,
      },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
      timeToLiveAttribute: "ttl",
    });
    this.addGlobalSecondaryIndex({
      indexName: indexes.due,
      partitionKey: { name: "due_partition", type: AttributeType.STRING },
      sortKey: { name: "due_at", type: AttributeType.NUMBER },
      projectionType: ProjectionType.KEYS_ONLY,
    });
    this.addGlobalSecondaryIndex({
      indexName: indexes.byProvider,
      partitionKey: { name: "list_partition", type: AttributeType.STRING },
      sortKey: { name: "account", type: AttributeType.STRING },
      projectionType: ProjectionType.KEYS_ONLY,
    });
  }
}
