const units = /** @type {const} */ ([
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
  [1_000, "s"],
]);

/**
 * How long that is: the two largest units, or seconds. The same words as the `chaveiro` command's.
 *
 * @param {number} milliseconds
 */
export function duration(milliseconds) {
  const index = units.findIndex(([unit]) => milliseconds >= unit);
  const [first, second] = units.slice(index < 0 ? -1 : index);
  if (first === undefined) return "";
  const count = Math.floor(milliseconds / first[0]);
  const rest = second === undefined ? 0 : Math.floor((milliseconds % first[0]) / second[0]);
  return second === undefined || rest === 0 ? `${count} ${first[1]}` : `${count} ${first[1]} ${rest} ${second[1]}`;
}

/**
 * Where a time is, seen from now: `in 3 h 10 min`, `4 s ago`.
 *
 * @param {string | null} iso
 * @param {number} now epoch milliseconds
 */
export function fromNow(iso, now) {
  if (iso === null) return "–";
  const distance = Date.parse(iso) - now;
  return distance >= 0 ? `in ${duration(distance)}` : `${duration(-distance)} ago`;
}

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

/** @param {string} iso @returns what a clock on the wall shows */
export function clockTime(iso) {
  return clock.format(Date.parse(iso));
}
