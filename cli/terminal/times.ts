const units = [
  { milliseconds: 86_400_000, name: "d" },
  { milliseconds: 3_600_000, name: "h" },
  { milliseconds: 60_000, name: "min" },
  { milliseconds: 1_000, name: "s" },
] as const;

/** How long that is: the two largest units, or seconds. */
export function duration(milliseconds: number): string {
  const index = units.findIndex((unit) => milliseconds >= unit.milliseconds);
  const [first, second] = units.slice(index < 0 ? -1 : index);
  if (first === undefined) return "";
  const count = Math.floor(milliseconds / first.milliseconds);
  const rest = second === undefined ? 0 : Math.floor((milliseconds % first.milliseconds) / second.milliseconds);
  return second === undefined || rest === 0
    ? `${count} ${first.name}`
    : `${count} ${first.name} ${rest} ${second.name}`;
}

/** Where a time is, seen from now: `in 3 h 10 min`, `4 s ago`. */
export function fromNow(iso: string | null, now: number): string {
  if (iso === null) return "–";
  const distance = Date.parse(iso) - now;
  return distance >= 0 ? `in ${duration(distance)}` : `${duration(-distance)} ago`;
}
