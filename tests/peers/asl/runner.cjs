// Runs cases, one JSON text a line, through the npm engine; writes one answer a line: {"output": ...} or {"error": name}.
// The engine asks for Node 22 for one function that older ones lack; it is small enough to bring along.
Promise.withResolvers ??= function () {
  let resolve, reject;
  const promise = new Promise((yes, no) => { resolve = yes; reject = no; });
  return { promise, resolve, reject };
};
const { createInterface } = require("node:readline");
const { StateMachine } = require("aws-local-stepfunctions");

class Thrown extends Error {
  constructor([name, cause]) { super(cause); this.name = name; }
}

function handlers(tasks) {
  const made = {};
  for (const [state, replies] of Object.entries(tasks)) {
    let calls = 0;
    made[state] = async (input) => {
      const reply = replies[Math.min(calls++, replies.length - 1)];
      if (reply.throw) throw new Thrown(reply.throw);
      return "return" in reply ? reply.return : input;
    };
  }
  return made;
}

function nested(states, found = { waits: {}, retries: {} }) {
  for (const [name, state] of Object.entries(states)) {
    if (state.Type === "Wait") found.waits[name] = 0;
    if (state.Retry) found.retries[name] = 0;
    for (const inner of [...(state.Branches ?? []), state.ItemProcessor, state.Iterator]) if (inner) nested(inner.States, found);
  }
  return found;
}

async function answer({ document, input, tasks }) {
  const { waits, retries } = nested(document.States);
  let machine;
  try {
    machine = new StateMachine(document, { validationOptions: { checkArn: false } });
  } catch (error) {
    return { error: "refused", cause: error.message };
  }
  try {
    const overrides = { taskResourceLocalHandlers: handlers(tasks), waitTimeOverrides: waits, retryIntervalOverrides: retries };
    return { output: await machine.run(input, { overrides, context: { State: {} } }).result };
  } catch (error) {
    const cause = error.getWrappedError ? error.getWrappedError : error.cause ?? error;
    return { error: cause.name ?? String(cause), cause: cause.message };
  }
}

(async () => {
  for await (const line of createInterface({ input: process.stdin })) {
    const late = new Promise((done) => setTimeout(() => done({ error: "peer.Hangs" }), 5000).unref());
    process.stdout.write(JSON.stringify(await Promise.race([answer(JSON.parse(line)), late])) + "\n");
  }
  process.exit(0);
})();
