import type { Session } from "../session.ts";
import type { Target } from "../target.ts";
import { duration } from "../terminal/times.ts";
import type { Check, Finding } from "./finding.ts";

/** What SigV4 lets pass, in milliseconds. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html */
const longestSkew = 5 * 60_000;

/** A lease of the broker reckons with clocks that differ by a second; a person's machine may be a little worse. */
const noticeableSkew = 30_000;

type Found = Omit<Finding, "check">;

/** Does the broker answer, and what time does it say that it is? */
export function brokerChecks({ clock }: Session, { broker, address }: Target): readonly Check[] {
  return [
    {
      name: "broker",
      async run() {
        const response = await broker.request("GET", "/healthz");
        const text = await response.text();
        if (response.status === 200 && text.includes('"ok"'))
          return [{ verdict: "ok", found: `answers at ${address.url}` }];
        const found = `what answers at ${address.url} is no chaveiro broker (${response.status})`;
        return [
          { verdict: "problem", found, advice: "Give the broker's own address with --url, CHAVEIRO_URL or --stack." },
        ];
      },
    },
    {
      name: "clock",
      needs: "broker",
      async run() {
        const asked = clock.now();
        const response = await broker.request("GET", "/healthz");
        const answered = clock.now();
        await response.text();
        const stated = Date.parse(response.headers.get("date") ?? "");
        return [clockFinding(asked, answered, stated)];
      },
    },
  ];
}

/** What a `Date` header says about this machine's clock. It is rounded down to a second, and was written between two looks at the clock. */
export function clockFinding(asked: number, answered: number, stated: number): Found {
  if (Number.isNaN(stated)) return { verdict: "warning", found: "the broker does not say what time it is" };
  const behind = stated - answered;
  const ahead = asked - (stated + 1_000);
  const skew = Math.max(behind, ahead, 0);
  if (skew < noticeableSkew) return { verdict: "ok", found: "this machine and the broker agree about the time" };
  const found = `this machine's clock is ${duration(skew)} ${behind > ahead ? "behind" : "ahead of"} the broker's`;
  const advice = "Set this machine's clock by NTP.";
  return { verdict: skew < longestSkew ? "warning" : "problem", found, advice };
}
