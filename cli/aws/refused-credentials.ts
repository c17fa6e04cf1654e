/**
 * What to do where AWS does not take somebody's credentials.
 *
 * @param said AWS' own code or message, which tells those that have expired from those that may too little
 */
export function credentialsAdvice(said: string, otherwise: string): string {
  return /expired/i.test(said) ? "Sign in again with aws sso login, or take new credentials." : otherwise;
}
