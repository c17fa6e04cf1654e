import { type Answer, jsonAnswer } from "./answer.ts";
import { answered, type Endpoint } from "./endpoint.ts";

/** Where the `redirect` fault points: whoever arrives has followed it, and may have brought the secret along. */
export const redirectedEndpoint: Endpoint = {
  name: "redirected",
  prepare: (request) => ({
    subject: {},
    perform: () => answered(request.body.length > 0 ? "followed-with-body" : "followed", jsonAnswer(200, {})),
  }),
};

/** Every other path and method. */
export function otherEndpoint(answer: Answer): Endpoint {
  return { name: "other", prepare: () => ({ subject: {}, perform: () => answered("no-route", answer) }) };
}
