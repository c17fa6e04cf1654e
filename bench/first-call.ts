/* Imports a bundle and calls it once, as a cold start does. Prints the milliseconds since this process began. */
const [bundle = "", event = ""] = process.argv.slice(2);
const { handler } = await import(bundle);
const answer = await handler(JSON.parse(event), { getRemainingTimeInMillis: () => 25_000 });
if (answer.statusCode !== 200) throw new Error(`The function answered ${answer.statusCode}: ${answer.body}`);
process.stdout.write(`${performance.now()}\n`);
process.exit();

export {};
