import type { CDPSession, Page, WebSocketRoute } from 'playwright';

/** What happened in a window between `watchPaints` and `stop`. */
export interface Paints {
  /** Tokens that reached the page, each in a message of its own. */
  readonly tokenEvents: number;
  readonly frames: number;
  /** Times the watched part changed; between two of them nothing was painted when they lie in one frame. */
  readonly changes: number;
  /** The most changes within one frame. */
  readonly changesInAFrame: number;
  /** Processor time of the longest task of the page: what a loaded machine adds by making it wait does not count. */
  readonly longestCpuMs: number;
}

type Batch = { events: { id: number; type: string; data: { seqs: number[]; texts: string[] } }[]; resync: boolean };

/**
 * Sends every token to the page by itself, more of them than there are frames. The core joins what comes close together, which would leave the page little to do.
 * Takes effect with the next load of the page.
 */
export async function splitTokens(page: Page): Promise<() => number> {
  let sent = 0;
  const split = (socket: WebSocketRoute, text: string) => {
    const message = JSON.parse(text) as { id: number; result?: { type: string; data?: Partial<Batch> } };
    const events = message.result?.data?.events;
    if (!Array.isArray(events) || !events.some(({ type }) => type === 'chat.tokens')) return socket.send(text);
    const one = (event: Batch['events'][number]) =>
      socket.send(JSON.stringify({ ...message, result: { ...message.result, data: { ...message.result!.data, events: [event] } } }));
    for (const event of events) {
      if (event.type !== 'chat.tokens') one(event);
      else
        event.data.texts.forEach((joined, at) => {
          // Room for the parts between two numbers of the core.
          const parts = joined.match(/\s*\S+|\s+$/g) ?? [joined];
          for (const [part, words] of parts.entries()) {
            one({ ...event, data: { ...event.data, seqs: [event.data.seqs[at]! * 10_000 + part], texts: [words] } });
            sent++;
          }
        });
    }
  };
  await page.routeWebSocket(/\/trpc$/, (socket) => {
    const core = socket.connectToServer();
    core.onMessage((text) => split(socket, String(text)));
  });
  return () => sent;
}

interface Counts {
  frames: number;
  changes: number;
  changesInAFrame: number;
  stop(): void;
}

/** Counts frames and changes of what `selector` names, and records how long tasks of the page take. */
export async function watchPaints(page: Page, selector: string, tokens: () => number): Promise<{ stop(): Promise<Paints> }> {
  const before = tokens();
  const tasks = await recordTasks(page);
  await page.evaluate((within) => {
    let inThisFrame = 0;
    let going = true;
    const counts: Counts = { frames: 0, changes: 0, changesInAFrame: 0, stop: () => (going = false) };
    const observer = new MutationObserver((list) => {
      if (!list.some(({ target }) => (target instanceof Element ? target : target.parentElement)?.closest(within))) return;
      counts.changes++;
      counts.changesInAFrame = Math.max(counts.changesInAFrame, ++inThisFrame);
    });
    observer.observe(document.body, { subtree: true, childList: true, characterData: true });
    const frame = () => {
      counts.frames++;
      inThisFrame = 0;
      if (going) requestAnimationFrame(frame);
      else observer.disconnect();
    };
    requestAnimationFrame(frame);
    Object.assign(globalThis, { paintCounts: counts });
  }, selector);
  return {
    async stop() {
      const { frames, changes, changesInAFrame } = await page.evaluate(() => {
        const { paintCounts } = globalThis as unknown as { paintCounts: Counts };
        paintCounts.stop();
        return { frames: paintCounts.frames, changes: paintCounts.changes, changesInAFrame: paintCounts.changesInAFrame };
      });
      return { tokenEvents: tokens() - before, frames, changes, changesInAFrame, longestCpuMs: await tasks() };
    },
  };
}

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Thread time in microseconds. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** The longest task on the main threads of the pages until the returned function is called, in milliseconds of processor time. */
async function recordTasks(page: Page): Promise<() => Promise<number>> {
  const session: CDPSession = await page.context().browser()!.newBrowserCDPSession();
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['disabled-by-default-devtools.timeline'], excludedCategories: ['*'] },
  });
  return async () => {
    const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
    await session.send('Tracing.end');
    await complete;
    const pages = new Set(events.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain').map(({ pid, tid }) => `${pid} ${tid}`));
    const longest = events.filter(({ name, pid, tid }) => name === 'RunTask' && pages.has(`${pid} ${tid}`)).map(({ tdur = 0 }) => tdur / 1_000);
    await session.detach();
    return Math.max(...longest);
  };
}
