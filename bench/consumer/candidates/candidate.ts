/** One way for a Lambda to come by the access token of a connection, as its author would write it. */
export type Candidate<Answer = string> = {
  /** What is asked for a connection; made once. */
  readonly keyOf: (connection: string) => string;
  /** What an invocation awaits. */
  readonly read: (key: string) => Promise<Answer>;
  readonly tokenOf: (answer: Answer) => string;
};
