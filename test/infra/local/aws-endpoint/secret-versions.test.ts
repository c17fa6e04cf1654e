import { describe, expect, it } from "vitest";
import type { SecretVersion } from "../../../../infra/local/aws-endpoint/secret.ts";
import {
  labelsAfterMove,
  labelsAfterPut,
  labelsOf,
  versionsToKeep,
} from "../../../../infra/local/aws-endpoint/secret-versions.ts";

const version = (id: string): SecretVersion => ({ id, createdAt: 0, member: "SecretString", sealed: "" });

describe("labels after a put", () => {
  it.each([
    ["the first version is current", {}, ["AWSPENDING"], true, { AWSPENDING: "n", AWSCURRENT: "n" }],
    [
      "a pending version changes nothing else",
      { AWSCURRENT: "1" },
      ["AWSPENDING"],
      false,
      { AWSCURRENT: "1", AWSPENDING: "n" },
    ],
    [
      "a current version makes the one before it previous",
      { AWSCURRENT: "2", AWSPREVIOUS: "1" },
      ["AWSCURRENT"],
      false,
      { AWSCURRENT: "n", AWSPREVIOUS: "2" },
    ],
    [
      "another version's pending stays",
      { AWSCURRENT: "1", AWSPENDING: "2" },
      ["AWSCURRENT"],
      false,
      { AWSCURRENT: "n", AWSPREVIOUS: "1", AWSPENDING: "2" },
    ],
    [
      "the current version's pending goes",
      { AWSCURRENT: "1", AWSPENDING: "1" },
      ["AWSCURRENT"],
      false,
      { AWSCURRENT: "n", AWSPREVIOUS: "1" },
    ],
    [
      "a label is taken from its holder",
      { AWSCURRENT: "1", blue: "1" },
      ["blue"],
      false,
      { AWSCURRENT: "1", blue: "n" },
    ],
  ] as const)("%s", (_, before, stages, first, after) => {
    expect(labelsAfterPut(before, "n", stages, first)).toEqual(after);
  });
});

describe("labels after a move", () => {
  const labels = { AWSCURRENT: "2", AWSPREVIOUS: "1", blue: "3" };
  it.each([
    [
      "AWSCURRENT from its holder",
      { label: "AWSCURRENT", from: "2", to: "3" },
      { AWSCURRENT: "3", AWSPREVIOUS: "2", blue: "3" },
    ],
    ["AWSCURRENT back", { label: "AWSCURRENT", from: "2", to: "1" }, { AWSCURRENT: "1", AWSPREVIOUS: "2", blue: "3" }],
    ["AWSCURRENT to where it is", { label: "AWSCURRENT", from: undefined, to: "2" }, labels],
    ["a label away", { label: "blue", from: "3", to: undefined }, { AWSCURRENT: "2", AWSPREVIOUS: "1" }],
    ["a label that is nowhere", { label: "green", from: undefined, to: "1" }, { ...labels, green: "1" }],
  ] as const)("%s", (_, move, after) => {
    expect(labelsAfterMove(labels, move)).toEqual({ labels: after });
  });

  it.each([
    ["without its holder", { label: "AWSCURRENT", from: undefined, to: "3" }],
    ["from another than its holder", { label: "AWSCURRENT", from: "1", to: "3" }],
    ["from a version although it is nowhere", { label: "green", from: "1", to: "2" }],
    ["of AWSCURRENT to nowhere", { label: "AWSCURRENT", from: "2", to: undefined }],
    ["of nothing", { label: "blue", from: undefined, to: undefined }],
  ] as const)("a move %s is refused", (_, move) => {
    expect(labelsAfterMove(labels, move)).toEqual({ refusal: expect.any(String) });
  });
});

describe("kept versions", () => {
  it("are the labelled ones and the newest up to a hundred", () => {
    const versions = Array.from({ length: 103 }, (_, n) => version(String(n)));
    const kept = versionsToKeep(versions, { AWSCURRENT: "102", old: "1" });
    expect(kept).toHaveLength(100);
    expect(kept.slice(0, 2).map(({ id }) => id)).toEqual(["1", "4"]);
  });

  it("have their labels in alphabetical order", () => {
    expect(labelsOf({ b: "1", AWSCURRENT: "1", a: "2" }, "1")).toEqual(["AWSCURRENT", "b"]);
  });
});
