import type { Labels, SecretVersion } from "./secret.ts";

const keptVersions = 100;

/** The id of the version that has a label; undefined where none has. */
export function versionWith(labels: Labels, label: string): string | undefined {
  return Object.hasOwn(labels, label) ? labels[label] : undefined;
}

/** The labels of one version, in the alphabetical order in which Secrets Manager gives them. */
export function labelsOf(labels: Labels, versionId: string): readonly string[] {
  return Object.keys(labels)
    .filter((label) => labels[label] === versionId)
    .sort();
}

/**
 * Decides the labels once a new version with these stages is there.
 *
 * Every stage moves to the new version. When AWSCURRENT moves, AWSPREVIOUS goes to the version it left; that version
 * also loses AWSPENDING if it still had it, which AWS does and does not document. The first version of a secret
 * becomes AWSCURRENT whatever was asked for.
 *
 * @param stages the labels asked for, at least one.
 */
export function labelsAfterPut(labels: Labels, versionId: string, stages: readonly string[], first: boolean): Labels {
  const wanted = first ? [...stages, "AWSCURRENT"] : stages;
  const moved = { ...labels, ...Object.fromEntries(wanted.map((stage) => [stage, versionId])) };
  const left = versionWith(labels, "AWSCURRENT");
  if (!wanted.includes("AWSCURRENT") || left === undefined || left === versionId) return moved;
  const { AWSPENDING, ...others } = moved;
  const pending = AWSPENDING === undefined || AWSPENDING === left ? {} : { AWSPENDING };
  return { ...others, ...pending, AWSPREVIOUS: left };
}

/** What `UpdateSecretVersionStage` comes to: the labels afterwards, or why not, in AWS's words. */
export type LabelMove = { readonly labels: Labels } | { readonly refusal: string };

/**
 * Decides a move of one label between existing versions. A label that is attached elsewhere only moves when `from`
 * names the version that has it now, which makes this a compare-and-swap.
 *
 * @param move.from version to take it from, undefined where not given.
 * @param move.to version to give it to; undefined removes it.
 */
export function labelsAfterMove(
  labels: Labels,
  move: { readonly label: string; readonly from: string | undefined; readonly to: string | undefined },
): LabelMove {
  const { label, from, to } = move;
  const holder = versionWith(labels, label);
  if (from === undefined && to === undefined)
    return { refusal: "You must provide MoveToVersionId, RemoveFromVersionId or both." };
  if (from !== undefined && from !== holder)
    return { refusal: `Staging label ${label} isn't currently attached to version ${from}.` };
  if (to === undefined && label === "AWSCURRENT")
    return {
      refusal:
        "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.",
    };
  if (to === holder) return { labels };
  if (from === undefined && holder !== undefined)
    return {
      refusal: `The parameter RemoveFromVersionId can't be empty. Staging label ${label} is currently attached to version ${holder}, so you must explicitly reference that version in RemoveFromVersionId.`,
    };
  const { [label]: _, ...others } = labels;
  if (to === undefined) return { labels: others };
  const previous = label === "AWSCURRENT" && holder !== undefined ? { AWSPREVIOUS: holder } : {};
  return { labels: { ...others, ...previous, [label]: to } };
}

/** Drops the oldest versions without a label beyond the hundred that are kept. Takes and returns oldest first. */
export function versionsToKeep(versions: readonly SecretVersion[], labels: Labels): readonly SecretVersion[] {
  const labelled = new Set(Object.values(labels));
  let surplus = versions.length - keptVersions;
  return versions.filter((version) => labelled.has(version.id) || surplus-- <= 0);
}
