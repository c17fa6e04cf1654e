import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { transform } from "esbuild";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { node24 } from "../support/node-24.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

/** What `npm pack` says of the tarball. */
type Packed = {
  readonly filename: string;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
};

let directory: string;
let packed: Packed;
/** An empty project with nothing in it but the package. */
let project: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "package-"));
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", directory], { cwd: root });
  [packed] = JSON.parse(stdout.slice(stdout.indexOf("[\n"))) as [Packed];
  project = join(directory, "project");
  await run("mkdir", [project]);
  writeFileSync(join(project, "package.json"), '{"name":"empty","private":true}');
  await run("npm", ["install", "--offline", "--no-audit", "--no-fund", join(directory, packed.filename)], {
    cwd: project,
  });
}, 180_000);

afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Runs a program in the empty project. @returns what it prints */
async function program(name: string, text: string, node = process.execPath): Promise<string> {
  writeFileSync(join(project, name), text);
  const { stdout } = await run(node, [name], { cwd: project });
  return stdout.trim();
}

describe("the package", () => {
  it("holds what is built of it, its READMEs and its licence, and nothing else", () => {
    const others = packed.files.map(({ path }) => path).filter((path) => !path.startsWith("dist/"));
    expect(others.sort()).toEqual(["LICENSE", "README.md", "README.pt-BR.md", "package.json"]);
    expect(packed.files.some(({ path }) => /\.(map|tsx?)$/.test(path) && !path.endsWith(".d.ts"))).toBe(false);
    expect(packed.unpackedSize).toBeLessThan(5 * 1024 * 1024);
  });

  it("depends on nothing that would be installed with it", async () => {
    const installed = await readdir(join(project, "node_modules"));
    expect(installed.filter((name) => !name.startsWith("."))).toEqual(["chaveiro"]);
    const { dependencies = {} } = JSON.parse(
      await readFile(join(project, "node_modules/chaveiro/package.json"), "utf8"),
    );
    expect(dependencies).toEqual({});
  });

  it("passes on the licence of everything that is bundled into it", async () => {
    const notices = await readFile(join(project, "node_modules/chaveiro/dist/THIRD-PARTY-NOTICES.txt"), "utf8");
    // One that only the command has, one of the functions, and one that comes without the text of its licence.
    for (const name of ["commander", "valibot", "@aws-sdk/credential-provider-http"]) {
      const { version, license } = JSON.parse(await readFile(join(root, "node_modules", name, "package.json"), "utf8"));
      expect(notices).toContain(`${name} ${version} (${license})\n`);
    }
    const parts = notices.split(/^-{72}$/m);
    expect(parts.length).toBeGreaterThan(5);
    for (const part of parts) expect(part).toMatch(/Permission|Apache License|Redistribution/);
  });

  it("is as publint wants it", async () => {
    const { messages, pkg } = await publint({ pkgDir: root, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it.each([
    ["esm.mjs", 'import { createTokenClient, TokenError } from "chaveiro";'],
    ["cjs.cjs", 'const { createTokenClient, TokenError } = require("chaveiro");'],
  ])("gives a working client to %s", async (name, line) => {
    const text = `${line}
const tokens = createTokenClient({ brokerUrl: "http://127.0.0.1:1" });
tokens.getAccessToken("rd-station/acme").catch((error) => console.log(error instanceof TokenError, error.code));`;
    expect(await program(name, text)).toBe("true broker_unavailable");
  });

  it.each(["import.mjs", "require.cjs"])(
    "gives constructs that find their functions to %s",
    async (name) => {
      linkInstalled("aws-cdk-lib", "constructs");
      const load = (parts: string, from: string) =>
        name.endsWith(".mjs") ? `import ${parts} from "${from}";` : `const ${parts} = require("${from}");`;
      const text = `${load("{ App, Stack }", "aws-cdk-lib")}
${load("{ TokenBroker }", "chaveiro/cdk")}
const app = new App();
new TokenBroker(new Stack(app, "Mine"), "Broker", {});
const { Resources } = app.synth().getStackByName("Mine").template;
console.log(Object.values(Resources).filter(({ Type }) => Type === "AWS::Lambda::Function").length);`;
      const functions = await readdir(join(root, "functions"));
      expect(await program(name, text)).toBe(`${functions.length}`);
    },
    120_000,
  );

  it.skipIf(node24 === undefined)("works under Node 24 as well", async () => {
    const text = (load: string) => `${load}
createTokenClient().getAccessToken("RD").catch(({ code }) => console.log(process.versions.node, code));`;
    const esm = await program("24.mjs", text('import { createTokenClient } from "chaveiro";'), node24);
    const cjs = await program("24.cjs", text('const { createTokenClient } = require("chaveiro");'), node24);
    for (const printed of [esm, cjs]) expect(printed).toMatch(/^24\..* invalid_request$/);
  });

  it("says what to install where the AWS SDK is missing and there is no broker", async () => {
    const text = `import { createTokenClient } from "chaveiro";
createTokenClient().getAccessToken("rd-station/acme").catch(({ code, cause }) => console.log(code, cause.message));`;
    expect(await program("missing.mjs", text)).toBe(
      "token_unavailable Error: Install @aws-sdk/client-secrets-manager, or set CHAVEIRO_URL.",
    );
  });

  it.each(["esm.mts", "cjs.cts"])(
    "can be compiled against, with the SDK or without it: %s",
    async (name) => {
      const text = `import { createTokenClient, TokenError, type TokenClient, type TokenErrorCode } from "chaveiro";
const tokens: TokenClient = createTokenClient({ auth: "cookie", minimumSeconds: 30 });
export const token: Promise<string> = tokens.getAccessToken("rd-station/acme", { minimumSeconds: 600 });
export const response: Promise<Response> = tokens.fetch("rd-station/acme", "/contacts", { method: "POST" });
export const peeked: string | undefined = tokens.peek("rd-station/acme");
export const codeOf = (error: unknown): TokenErrorCode | undefined =>
  error instanceof TokenError ? error.code : undefined;
// @ts-expect-error the declarations have to refuse a code that there is not
codeOf(undefined) === "no such code";
// @ts-expect-error the declarations have to refuse an option that there is not
createTokenClient({ prefixes: "x" });
`;
      await compile(name, text);
      await compile(
        `sdk-${name}`,
        `import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { createTokenClient } from "chaveiro";
export const tokens = createTokenClient({ secretsManager: new SecretsManagerClient({}) });
`,
      );
    },
    60_000,
  );

  it("has a command that runs alone, with what it loads only when it is needed", async () => {
    const env = {
      PATH: process.env["PATH"],
      HOME: project,
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_REGION: "sa-east-1",
      AWS_ENDPOINT_URL: "http://127.0.0.1:1",
    };
    const chaveiro = (...args: readonly string[]) =>
      run(join(project, "node_modules/.bin/chaveiro"), args, { env, cwd: project }).then(
        ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
        ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, stdout, stderr }),
      );
    expect(await chaveiro("--version")).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      stderr: "",
    });
    const nobody = ["--url", "http://127.0.0.1:1"];
    expect(await chaveiro("list", ...nobody)).toMatchObject({
      code: 8,
      stderr: expect.stringContaining("[broker_unreachable]"),
    });
    const unsigned = await chaveiro("list", "--url", "https://127.0.0.1:1");
    expect(unsigned).toMatchObject({
      code: 6,
      stderr: expect.stringMatching(/^chaveiro: .*\[credentials_missing\]\n/),
    });
    const purged = await chaveiro("purge", "rd-station/acme", "--table", "t", ...nobody);
    expect(purged.stderr).toMatch(/^chaveiro: .*\[aws_unreachable\]\n/);
  }, 60_000);

  it.each(["stack.mts", "stack.cts"])(
    "has constructs that can be compiled against: %s",
    async (name) => {
      linkInstalled("aws-cdk-lib", "constructs");
      const text = `import { App, Stack } from "aws-cdk-lib";
import { TokenBroker, type TokenBrokerProps } from "chaveiro/cdk";
const props: TokenBrokerProps = { providers: ["rd-station"], publish: { "rd-station": false } };
export const url: string = new TokenBroker(new Stack(new App(), "Mine"), "Broker", props).url;
// @ts-expect-error the declarations have to refuse a provider that there is not
new TokenBroker(new Stack(new App(), "Mine"), "Broker", { providers: ["no-such-provider"] });
`;
      await compile(name, text);
    },
    120_000,
  );

  it("adds no more than 12 KiB to a Lambda that bundles it, beside the SDK's client", async () => {
    const { outputFiles } = await (await import("esbuild")).build({
      stdin: { contents: 'export { createTokenClient, TokenError } from "chaveiro";', resolveDir: project },
      external: ["@aws-sdk/*"],
      ...{ bundle: true, minify: true, write: false, platform: "node", format: "esm", target: "node24" },
      legalComments: "none",
    });
    expect(outputFiles[0]?.contents.byteLength).toBeLessThanOrEqual(12 * 1024);
    expect((await transform(outputFiles[0]?.text ?? "")).warnings).toEqual([]);
  });
});

/** @throws where it does not compile; types of Node and of the SDK are there where a line asks for them */
async function compile(name: string, text: string): Promise<void> {
  writeFileSync(join(project, name), text);
  const modules = join(project, "node_modules");
  for (const [scope, packages] of [
    ["@types", ["node"]],
    ["", ["undici-types"]],
  ] as const) {
    await run("mkdir", ["-p", join(modules, scope)]);
    for (const one of packages) linkOnce(join(root, "node_modules", scope, one), join(modules, scope, one));
  }
  if (text.includes("@aws-sdk")) linkOnce(join(root, "node_modules/@aws-sdk"), join(modules, "@aws-sdk"));
  const options =
    "--ignoreConfig --noEmit --strict --exactOptionalPropertyTypes --types node --module nodenext --target es2022";
  const skip = /@aws-sdk|aws-cdk-lib/.test(text) ? ["--skipLibCheck"] : [];
  await run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), ...options.split(" "), ...skip, name], {
    cwd: project,
  }).catch((error: { stdout: string }) => {
    throw new Error(error.stdout);
  });
}

/** What a user would have installed beside the package. */
function linkInstalled(...names: readonly string[]): void {
  for (const name of names) linkOnce(join(root, "node_modules", name), join(project, "node_modules", name));
}

function linkOnce(target: string, path: string): void {
  try {
    symlinkSync(target, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
