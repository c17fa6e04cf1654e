import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import { expect, it } from "vitest";
import { mostKibibytes, redeemingFunctions } from "../../bench/bundle-budgets.ts";

const root = new URL("../../", import.meta.url);
const files = readdirSync(new URL("functions", root)).map((file) => basename(file, ".ts"));
const bundleOf = (name: string) => new URL(`dist/functions/${name}/index.mjs`, root);

it("is one bundle for each file of functions/", () => {
  expect(readdirSync(new URL("dist/functions", root)).sort()).toEqual(files.sort());
});

it.each(files)("%s: keeps to its budget", (name) => {
  const kibibytes = statSync(bundleOf(name)).size / 1024;
  expect(kibibytes).toBeLessThanOrEqual(mostKibibytes(name));
});

const bundles = new Map(files.map((name) => [name, readFileSync(bundleOf(name), "utf8")]));
const carrying = (text: string) => files.filter((name) => bundles.get(name)?.includes(text)).sort();

it("takes credentials from the environment and from nowhere else", () => {
  expect(carrying("AWS_SESSION_TOKEN")).toEqual(files.filter((name) => name !== "health").sort());
  for (const elsewhere of ["credential_process", "AWS_CONTAINER_CREDENTIALS", "AssumeRoleWithWebIdentity"])
    expect(carrying(elsewhere)).toEqual([]);
});

it("carries what opens token sets and publishes only where it is used", () => {
  expect(carrying("GenerateDataKey")).toEqual(redeemingFunctions);
  expect(carrying("PutSecretValue")).toEqual(redeemingFunctions);
  expect(carrying("GetSecretValue")).toEqual([...redeemingFunctions, "start"]);
});
