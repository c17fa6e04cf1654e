import { json } from "../shared/runtime/http-answer.ts";

/** `GET /healthz`: the function can be started. It asks nobody, so that anyone may ask it. */
export const handler = async () => json(200, { status: "ok" });
