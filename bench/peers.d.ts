/* The parts of the peers that are used here. The peers themselves are installed for a run of the bench and for nothing else. */

declare module "@aws-lambda-powertools/parameters/secrets" {
  export function getSecret(
    name: string,
    options: { readonly maxAge: number; readonly transform: "json" },
  ): Promise<unknown>;
}

declare module "@middy/core" {
  type Handler<Event, Context, Answer> = (event: Event, context: Context) => Promise<Answer>;
  type Middleware = { readonly before?: (request: unknown) => unknown };

  /** Runs the middlewares, in their order, before every invocation of a handler. */
  export default function middy<Event, Context, Answer>(
    handler: Handler<Event, Context, Answer>,
  ): Handler<Event, Context, Answer> & {
    use(middleware: Middleware): Handler<Event, Context, Answer>;
  };
}

declare module "@middy/secrets-manager" {
  export default function secretsManager(options: {
    /** Names of secrets, by the member of the context that each is put in. */
    readonly fetchData: Readonly<Record<string, string>>;
    /** Milliseconds. */
    readonly cacheExpiry: number;
    readonly setToContext: boolean;
  }): { readonly before: (request: unknown) => unknown };
}

declare module "lru-cache" {
  export class LRUCache<Key, Value> {
    constructor(options: { readonly max: number });
    get(key: Key): Value | undefined;
    /** @param options.ttl milliseconds */
    set(key: Key, value: Value, options: { readonly ttl: number }): this;
  }
}

declare module "google-auth-library" {
  export class OAuth2Client {
    /** Gets a token where there is none that lives. `expiry_date` in epoch milliseconds. */
    refreshHandler: () => Promise<{ readonly access_token: string; readonly expiry_date: number }>;
    getAccessToken(): Promise<{ readonly token?: string | null }>;
  }
}
