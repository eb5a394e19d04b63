import { ownSettings } from '../node-host.ts';
import { linesOf } from './lines.ts';
import { askHidden, askShown } from './prompt.ts';
import { runCommand } from './run.ts';

const interrupted = new AbortController();
let signalled = 0;

/** The first signal lets the verb end in good order, a second one does not wait for it. */
function onSignal(code: number): void {
  if (signalled > 0) process.exit(code);
  signalled = code;
  interrupted.abort(new Error('interrupted'));
  setTimeout(() => process.exit(code), 3_000).unref();
}
process.on('SIGINT', () => onSignal(130));
process.on('SIGTERM', () => onSignal(143));
// A reader that left, as `head` does, is no fault of ours.
process.stdout.on('error', () => process.exit(0));

// Timers of the clock keep no process alive, and a verb may wait for nothing else: between two tries to reach the cloud there is no socket.
const alive = setInterval(() => undefined, 60_000);
const exit = await runCommand(process.argv.slice(2), {
  env: process.env,
  settings: ownSettings,
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
  lines: () => linesOf(process.stdin),
  ask: askHidden,
  answer: askShown,
  watched: process.stderr.isTTY === true,
  // npm runs scripts in the folder of the package; this is where the user stands.
  folder: process.env['INIT_CWD'] ?? process.cwd(),
  signal: interrupted.signal,
});
clearInterval(alive);
// What was written must have left before the process ends, also into a slow pipe. A verb that was interrupted and said what became of it keeps its own code.
process.stdout.write('', () => process.exit(exit || signalled));
