/** As much of the package as is used here: it comes without types. */
declare module "oidc-provider" {
  import type { EventEmitter } from "node:events";
  import type { RequestListener } from "node:http";

  export type RefusedGrant = Error & { readonly error_detail?: string };

  export default class Provider extends EventEmitter {
    constructor(issuer: string, configuration: object);
    callback(): RequestListener;
    override on(event: "grant.revoked", listener: (ctx: unknown, grantId: string) => void): this;
    override on(event: "grant.success", listener: (ctx: unknown) => void): this;
    override on(event: "grant.error" | "server_error", listener: (ctx: unknown, error: RefusedGrant) => void): this;
  }
}
