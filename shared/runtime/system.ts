import { randomBytes, randomInt, randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Clock, Random } from "../broker/ports.ts";

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds) => delay(milliseconds),
};

const fractions = 2 ** 32;

export const systemRandom: Random = {
  secret: () => randomBytes(32).toString("base64url"),
  id: () => randomUUID(),
  fraction: () => randomInt(fractions) / fractions,
};
