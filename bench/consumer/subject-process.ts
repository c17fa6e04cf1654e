import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { SubjectAnswer, SubjectTask } from "./subject-task.ts";

/** A fresh process with one candidate in it. */
export type Subject = {
  readonly importMilliseconds: number;
  /** @throws Error where the candidate failed, or gave another token than was published */
  readonly ask: (task: SubjectTask) => Promise<number>;
  readonly stop: () => Promise<void>;
};

/** @param file of the built candidate */
export type StartSubject = (file: string) => Promise<Subject>;

/**
 * @param program the built `subject.ts`
 * @param awsUrl where its SDK finds AWS
 */
export function subjectStarter(program: string, awsUrl: string): StartSubject {
  const env = {
    PATH: process.env["PATH"],
    AWS_ENDPOINT_URL: awsUrl,
    AWS_REGION: "sa-east-1",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
  };
  return async (file) => {
    const child = fork(program, [file], { execArgv: ["--expose-gc"], env, stdio: ["ignore", "ignore", "pipe", "ipc"] });
    // A thousand requests at once make the SDK complain; that is read only where something goes wrong.
    let complaints = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      complaints = `${complaints}${chunk}`.slice(-2000);
    });
    const next = () => answerOf(child, () => complaints);
    return {
      importMilliseconds: await next(),
      ask(task) {
        const answered = next();
        child.send(task);
        return answered;
      },
      async stop() {
        const ended = once(child, "exit");
        child.kill();
        await ended;
      },
    };
  };
}

function answerOf(child: ChildProcess, complaints: () => string): Promise<number> {
  return new Promise((resolve, reject) => {
    const onExit = () => reject(new Error(`${child.spawnargs.at(-1)} ended early.\n${complaints()}`));
    child.once("exit", onExit);
    child.once("message", (answer: SubjectAnswer) => {
      child.off("exit", onExit);
      if ("value" in answer) resolve(answer.value);
      else reject(new Error(`${child.spawnargs.at(-1)}: ${answer.error}`));
    });
  });
}
