/** What the parts of the local stack are called. */
export const stackNames = { tableName: "chaveiro", keyAlias: "alias/chaveiro", eventBusName: "default" } as const;
