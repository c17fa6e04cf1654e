import { handler } from "../../examples/contacts-lambda/index.ts";

/* The example's function as a Lambda that stays warm: a message is an event, the answer is what the handler returns or why it failed. */

process.on("message", (event: { readonly account: string }) => {
  handler(event).then(
    (result) => process.send?.({ result }),
    (error: Error) => process.send?.({ error: error.message }),
  );
});
