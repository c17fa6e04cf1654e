/**
 * Has the endpoint compare the secondary indexes of a table with its items and mend them. Call it after starting on a
 * data directory whose process may have been killed: dynalite never loses an acknowledged write, but its indexes can
 * then lack entries or keep stale ones. Items do not change, and requests may go on meanwhile.
 *
 * @param url of the endpoint, as `startAwsEndpoint` returns it.
 * @returns how many index entries were put, replaced or deleted. Throws where there is no such table.
 */
export async function repairIndexes(url: string, tableName: string): Promise<number> {
  const response = await fetch(`${url}/_local/tables/${tableName}/repair-indexes`, {
    method: "POST",
  });
  const answer = (await response.json()) as { readonly repaired?: number; readonly error?: string };
  if (answer.repaired === undefined) throw new Error(answer.error ?? `The endpoint answered ${response.status}.`);
  return answer.repaired;
}
