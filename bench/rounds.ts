/**
 * Measures several things in turn, round after round, each round beginning with another of them: what slows the machine
 * down for a while slows all of them down.
 *
 * @param rounds how many, after the dropped ones
 * @param dropped how many of the first rounds are not counted: caches and compilers are cold in them
 * @returns what was measured, by thing and round
 */
export async function interleaved<Thing>(
  things: readonly Thing[],
  { rounds, dropped }: { readonly rounds: number; readonly dropped: number },
  measure: (thing: Thing) => Promise<number>,
): Promise<ReadonlyMap<Thing, readonly number[]>> {
  const measured = new Map<Thing, number[]>(things.map((thing) => [thing, []]));
  for (let round = 0; round < dropped + rounds; round++) {
    for (let place = 0; place < things.length; place++) {
      const thing = things[(round + place) % things.length] as Thing;
      const value = await measure(thing);
      if (round >= dropped) measured.get(thing)?.push(value);
    }
  }
  return measured;
}
