import { createTokenClient } from "chaveiro";

// Once, outside the handler: a token stays in memory for as long as it lives.
const tokens = createTokenClient();

type Contact = { readonly name: string; readonly email: string };

export async function handler({ account }: { readonly account: string }): Promise<readonly Contact[]> {
  const response = await tokens.fetch(`rd-station/${account}`, "/platform/contacts?page_size=50");
  if (!response.ok) throw new Error(`RD Station answered ${response.status}.`);
  const { contacts } = (await response.json()) as { readonly contacts: readonly Contact[] };
  return contacts.map(({ name, email }) => ({ name, email }));
}
