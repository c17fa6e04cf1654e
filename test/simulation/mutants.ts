/** One way to get the protocol wrong, as an edit of the source, and the search that notices. */
export type Mutant = {
  readonly name: string;
  readonly edits: readonly { readonly file: string; readonly from: string; readonly to: string }[];
  readonly foundIn: { readonly scenario: string; readonly kind: string; readonly freezes: boolean };
};

const attempt = "shared/broker/refresh-attempt.ts";
const failure = "shared/broker/refresh-failure.ts";
const commit = "shared/broker/commit.ts";
const guards = "shared/broker/commit-write.ts";
const writes = "shared/broker/attempt-writes.ts";
const reading = "shared/broker/read-access-token.ts";

const beforeCommit = "  const committed = await commitTokens(ports, connection, consumed, received, key, author);\n";

export const mutants: readonly Mutant[] = [
  {
    name: "a commit does not look at the generation",
    edits: [{ file: guards, from: "return { ...found, generation: consumed.generation };", to: "return {};" }],
    foundIn: { scenario: "revoke during refresh", kind: "single-use", freezes: false },
  },
  {
    name: "a commit is guarded by the lease",
    edits: [
      {
        file: guards,
        from: "attempt?.id === author.by ? { generation, status, attemptId: author.by } : { generation, status };",
        to: "{ generation, status, attemptId: author.by };",
      },
    ],
    foundIn: { scenario: "two sweeps", kind: "single-use", freezes: true },
  },
  {
    name: "one's own write is not recognised",
    edits: [
      { file: "shared/broker/attempt.ts", from: "found !== undefined && isOwn(found)", to: "isOwn === undefined" },
    ],
    foundIn: { scenario: "import beside refresh", kind: "single-use", freezes: false },
  },
  {
    name: "a token is published before it is committed",
    edits: [
      {
        file: attempt,
        from: beforeCommit,
        to: `  const { accessToken, expiresAt, issuedAt } = redemption.tokens;
  const early = { access_token: accessToken, expires_at: expiresAt, issued_at: issuedAt };
  await ports.publisher.publish(\`chaveiro/\${connection.id}\`, { ...early, generation: connection.generation + 1 });
${beforeCommit}`,
      },
    ],
    foundIn: { scenario: "two sweeps", kind: "single-use", freezes: false },
  },
  {
    name: "a refusal is believed without a second look",
    edits: [
      {
        file: failure,
        from: "const found = await ports.connections.read(connection.id);",
        to: "const found = connection;",
      },
    ],
    foundIn: { scenario: "two sweeps", kind: "single-use", freezes: false },
  },
  {
    name: "the data key is opened after the refresh token was spent",
    edits: [
      {
        file: commit,
        from: "await sealTokenSet(key,",
        to: "await sealTokenSet(await ports.vault.createKey(known.id),",
      },
    ],
    foundIn: { scenario: "two sweeps", kind: "single-use", freezes: false },
  },
  {
    name: "a secret is put straight to AWSCURRENT",
    edits: [
      {
        file: "shared/aws/versioned-publisher.ts",
        from: "{ from: current?.versionId, to: pending }",
        to: "{ from: (await versions.readCurrent(name))?.versionId, to: pending }",
      },
    ],
    foundIn: { scenario: "the same, every call of publishing", kind: "non-rotating", freezes: false },
  },
  {
    name: "who condemns does not look for its own attempt",
    edits: [
      {
        file: failure,
        from: "found.generation !== connection.generation || found.attempt?.id !== author.by",
        to: "found.generation !== connection.generation",
      },
      { file: "shared/broker/connection-change.ts", from: ", attemptId: author.by };", to: " };" },
    ],
    foundIn: { scenario: "two sweeps", kind: "single-use", freezes: true },
  },
  {
    name: "everything owed is struck off, whatever was done of it",
    edits: [
      {
        file: "shared/broker/discharge.ts",
        from: "const settle = [...published, ...(await sendOwed(ports, connection))];",
        to: "const settle = [...published, ...(await sendOwed(ports, connection)), ...Object.keys(connection.owed)];",
      },
    ],
    foundIn: { scenario: "revoke during refresh", kind: "non-rotating", freezes: false },
  },
  {
    name: "the lease is given back before the commit",
    edits: [
      {
        file: attempt,
        from: 'import { beginAttempt } from "./attempt.ts";',
        to: 'import { beginAttempt, endAttempt } from "./attempt.ts";',
      },
      {
        file: attempt,
        from: beforeCommit,
        to: `  await endAttempt(ports, connection, {
    guard: { generation: connection.generation },
    set: { attempt: null },
    owe: {},
    settle: [],
    dueAt: connection.refreshAt,
  });
${beforeCommit}`,
      },
    ],
    foundIn: { scenario: "two sweeps", kind: "single-use with family revocation", freezes: false },
  },
  {
    name: "the loser of a re-authorization revokes what it received",
    edits: [
      {
        file: attempt,
        from: 'if (committed.kind === "revoked") {',
        to: 'if (committed.kind === "revoked" || committed.kind === "superseded") {',
      },
    ],
    foundIn: { scenario: "re-authorize during refresh", kind: "non-rotating", freezes: false },
  },
  {
    name: "an authorization does not look at when the connection was revoked",
    edits: [
      { file: guards, from: "            notRevokedSince: consumed.ticketIssuedAt,\n", to: "" },
      {
        file: commit,
        from: 'if (found.revokedAt !== null && found.revokedAt >= consumed.ticketIssuedAt) return { kind: "ticket-outdated" };',
        to: "",
      },
      {
        file: "shared/broker/prepare-exchange.ts",
        from: "return connection.revokedAt !== null && connection.revokedAt >= request.ticketIssuedAt;",
        to: "return request === undefined;",
      },
    ],
    foundIn: { scenario: "revoke beside an older invitation", kind: "non-rotating", freezes: false },
  },
  {
    name: "an authorization does not look whether it still holds its lease",
    edits: [
      { file: "shared/broker/exchange-code.ts", from: "leaseId: prepared.lease?.by,", to: "leaseId: undefined," },
    ],
    foundIn: { scenario: "revoke retried beside a re-authorization", kind: "non-rotating", freezes: true },
  },
  {
    name: "a candidate that may be spent is presented again at once",
    edits: [
      {
        file: "shared/broker/candidate-attempt.ts",
        from: 'provider.rotation === "single-use-family" ? requestedAt + timing.candidateReplay : 0',
        to: "requestedAt * 0",
      },
    ],
    foundIn: { scenario: "import beside refresh", kind: "single-use with family revocation", freezes: true },
  },
  {
    name: "a refused candidate is forgotten at once",
    edits: [
      { file: "shared/broker/candidate-attempt.ts", from: "const kept = isKept ?", to: "const kept = pending ?" },
    ],
    foundIn: { scenario: "import beside refresh", kind: "single-use", freezes: true },
  },
  {
    name: "a commit gives up where the store does not take it at once",
    edits: [{ file: commit, from: "if (left <= 0 && tries >= fewestTries) return", to: "if (tries > 0) return" }],
    foundIn: { scenario: "two sweeps", kind: "single-use", freezes: false },
  },
  {
    name: "what is published is what one received oneself, whatever is stored by now",
    edits: [
      {
        file: "shared/broker/discharge.ts",
        from: "const opened = connection.committedBy === known.committedBy ? tokens : undefined;",
        to: "const opened = tokens;",
      },
    ],
    foundIn: { scenario: "re-authorize during refresh", kind: "non-rotating", freezes: false },
  },
  {
    name: "revoking leaves a candidate where it is",
    edits: [{ file: "shared/broker/revocation-writes.ts", from: "      candidate: null,\n", to: "" }],
    foundIn: { scenario: "import beside revoke", kind: "non-rotating", freezes: false },
  },
  {
    name: "a commit that may have been stored is made again on top of a newer authorization",
    edits: [{ file: commit, from: "      mayBeStored = true;\n", to: "" }],
    foundIn: { scenario: "two authorizations", kind: "non-rotating", freezes: false },
  },
  {
    name: "nobody looks whether there is a lease",
    edits: [
      {
        file: "shared/broker/refresh-decision.ts",
        from: 'if (isLeased(connection, now)) return { kind: "leased", until: connection.attempt?.leaseUntil ?? now };',
        to: "",
      },
    ],
    foundIn: { scenario: "on demand against sweep", kind: "single-use", freezes: false },
  },
  {
    name: "an attempt begins on whatever is there",
    edits: [
      {
        file: writes,
        from: "    connection,\n    whole(connection),\n    author,\n    {\n      attempt,",
        to: "    connection,\n    connection.sequence === 0 ? whole(connection) : {},\n    author,\n    {\n      attempt,",
      },
    ],
    foundIn: { scenario: "two sweeps", kind: "single-use", freezes: false },
  },
  {
    name: "a replay that may end the family does not wait",
    edits: [
      {
        file: failure,
        from: 'if (provider.rotation !== "single-use-family" || issuedAt === null || expiresAt === null) return 0;',
        to: "return 0;",
      },
    ],
    foundIn: { scenario: "two sweeps", kind: "single-use with family revocation", freezes: true },
  },
  {
    name: "an unknown outcome is forgotten by the next attempt",
    edits: [{ file: writes, from: "unknown: needsReplay(connection, author.now),", to: "unknown: false," }],
    foundIn: { scenario: "two sweeps", kind: "single-use", freezes: false },
  },
  {
    name: "revoking does not raise the generation",
    edits: [
      {
        file: "shared/broker/revocation-writes.ts",
        from: "generation: connection.generation + 1,",
        to: "generation: connection.generation,",
      },
    ],
    foundIn: { scenario: "revoke beside an older invitation", kind: "non-rotating", freezes: false },
  },
  {
    name: "a refusal of our own credentials condemns",
    edits: [
      {
        file: "shared/providers/rd-station.ts",
        from: 'return error.code === "ACCESS_DENIED" ? "client" : "transient";',
        to: 'return error.code === "ACCESS_DENIED" ? "grant" : "transient";',
      },
    ],
    foundIn: { scenario: "two sweeps", kind: "non-rotating", freezes: false },
  },
  {
    name: "a rejected token that still lives is handed out again",
    edits: [{ file: reading, from: "isRejected || request.minimumSeconds", to: "request.minimumSeconds" }],
    foundIn: { scenario: "a rejected token against sweep", kind: "non-rotating", freezes: false },
  },
  {
    name: "a reader who asks for more life gets what is there",
    edits: [
      {
        file: reading,
        from: "isRejected || request.minimumSeconds !== undefined ? undefined",
        to: "isRejected ? undefined",
      },
    ],
    foundIn: { scenario: "more life than is left, against sweep", kind: "non-rotating", freezes: false },
  },
  {
    name: "what could not be published counts as published",
    edits: [
      {
        file: "shared/broker/discharge.ts",
        from: 'report(ports, connection, "A secret could not be published. It stays owed.", error);\n    return [];',
        to: 'report(ports, connection, "A secret could not be published. It stays owed.", error);\n    return owed;',
      },
    ],
    foundIn: { scenario: "two sweeps", kind: "non-rotating", freezes: false },
  },
];
