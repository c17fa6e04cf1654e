/* What `import … from "chaveiro"` gives. */

export {
  createTokenClient,
  type GetAccessTokenOptions,
  type TokenClient,
  type TokenClientOptions,
} from "./token-client.ts";
export { TokenError, type TokenErrorCode } from "./token-error.ts";
