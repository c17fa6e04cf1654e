import { jsonAnswer } from "../http/answer.ts";
import { answered, type Endpoint } from "../http/endpoint.ts";

/** Where the `redirect` fault points: whoever arrives has followed it, and may have brought the secret along. */
export const redirectedEndpoint: Endpoint = {
  name: "redirected",
  prepare: (request) => ({
    subject: {},
    perform: () => answered(request.body.length > 0 ? "followed-with-body" : "followed", jsonAnswer(200, {})),
  }),
};

/** Every other path and method, answered as Kong answers where it has no route. */
export const otherEndpoint: Endpoint = {
  name: "other",
  prepare: () => ({
    subject: {},
    perform: () => answered("no-route", jsonAnswer(404, { message: "no Route matched with those values" })),
  }),
};
