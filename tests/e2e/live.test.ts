import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Locator } from 'playwright';
import type { ChatRequest } from '@adiuva/shared/contracts/chat.ts';
import { AdiuvaError, type ErrorCode } from '@adiuva/shared/contracts/errors.ts';
import { say as answer, startPeer, type Peer } from '../../desktop/src/core/cloud/peer.suite.ts';
import { chromiumMissing, keepPicture, seriousFaults, startApp, type App, type Window } from './app.ts';
import { splitTokens, watchPaints } from './paints.ts';
import { addRecord, go, makeAccount, makeVault, say, useWithoutAccount } from './steps.ts';

type Frames = ReturnType<Peer['script']>;
type Body = ReturnType<typeof answer> extends Generator<infer F> ? F : never;

/** What this device does not understand, so that only the cloud can answer it. */
const beyond = [
  'what is the capital of france',
  'who won the world cup in 1998',
  'what is the tallest mountain in the world',
  'write a limerick about a lighthouse',
];

describe('today and the live view of an answer', { concurrent: false, timeout: 90_000 }, () => {
  let peer: Peer;
  let app: App;
  let window: Window;
  let release = () => {};
  const held = () => new Promise<void>((go) => (release = go));

  beforeAll(async () => {
    if (chromiumMissing) return;
    peer = await startPeer();
    app = await startApp({}, peer.url);
    window = await app.window();
    await window.page.goto(app.url);
    await makeVault(window.page);
    await useWithoutAccount(window.page);
  }, 120_000);
  afterAll(async () => {
    await app?.stop();
    await peer?.close();
  });
  const step = (name: string, work: () => Promise<void>) =>
    it(name, async ({ skip }) => {
      if (chromiumMissing) skip(chromiumMissing);
      await work().catch(async (error: unknown) => {
        await keepPicture(window.page, `live-${name}`);
        throw error;
      });
    });

  const ask = async (text: string) => {
    const { page } = window;
    await go(page, 'Chat');
    await page.getByRole('button', { name: 'New chat' }).first().click();
    await say(page, text);
    await page.getByRole('log', { name: 'Conversation' }).waitFor();
  };
  const button = (name: string) => window.page.getByRole('button', { name, exact: true });
  const trouble = () => window.page.getByRole('group', { name: 'Why there is no answer yet' });
  const failing = (code: ErrorCode) =>
    function* (request: ChatRequest): Generator<Body> {
      yield* [...answer(request, [])].slice(0, 1);
      throw new AdiuvaError(code);
    };
  /** Both themes, wide and narrow: nothing that assistive technology stumbles over, nothing wider than the window. */
  const holdsEverywhere = async (shown: Locator) => {
    const { page } = window;
    const faults: string[] = [];
    for (const [theme, width] of [
      ['light', 1280],
      ['dark', 390],
    ] as const) {
      await page.emulateMedia({ colorScheme: theme });
      await page.setViewportSize({ width, height: 800 });
      await page.locator(`html[data-theme="${theme}"]`).waitFor();
      await shown.waitFor();
      faults.push(...(await seriousFaults(page)).map((fault) => `${theme}: ${fault}`));
      if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) faults.push(`${theme}: wider than the window`);
    }
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 1280, height: 800 });
    expect(faults).toEqual([]);
  };

  const brief = () => window.page.getByRole('region', { name: 'Brief' });

  step('the brief is not there on a day that holds nothing', async () => {
    await window.page.getByRole('heading', { name: 'A clear day' }).waitFor();
    expect(await brief().count()).toBe(0);
  });

  step('the brief says where to begin and what overlaps, without account and network', async () => {
    const { page } = window;
    const hour = 3_600_000;
    const at = (hours: number) => new Date(Date.now() + hours * hour).toISOString();
    await addRecord(page, 'task', { title: 'Call the insurance', priority: 'urgent', dueAt: at(-48) });
    await addRecord(page, 'event', { title: 'Night train', startAt: at(47), endAt: at(55) });
    await addRecord(page, 'event', { title: 'Call with Sydney', startAt: at(48), endAt: at(49), timeZone: 'Australia/Sydney' });
    await brief().getByText('1 overdue; begin with “Call the insurance”').waitFor();
    await brief().getByText('“Night train” and “Call with Sydney” overlap').waitFor();
    await brief().getByText('Made on this device').waitFor();
    await page
      .getByRole('list', { name: 'Events at the same time' })
      .getByText(/in Sydney/)
      .waitFor();
    expect(peer.requests).toEqual([]);
  });

  step('the brief leads to what it names, by keyboard', async () => {
    const { page } = window;
    const line = brief().getByRole('button', { name: /begin with/ });
    await line.focus();
    await page.keyboard.press('Enter');
    const details = page.getByRole('complementary', { name: 'Details' });
    await details.getByText('Call the insurance').first().waitFor();
    await page.keyboard.press('Control+]');
    await details.waitFor({ state: 'detached' });
    await expect.poll(() => line.evaluate((element) => element === document.activeElement), { timeout: 20_000 }).toBe(true);
  });

  step('the brief has no serious fault for assistive technology, in both themes, wide and narrow', () => holdsEverywhere(brief()));

  step('the brief is put away for the day, also after a reload, and comes back when asked for', async () => {
    const { page } = window;
    await brief().getByRole('button', { name: 'Hide the brief for today' }).focus();
    await page.keyboard.press('Enter');
    await brief().waitFor({ state: 'detached' });
    await page.reload();
    await page.getByRole('button', { name: 'Show the brief' }).waitFor();
    expect(await brief().count()).toBe(0);
    await page.getByRole('button', { name: 'Show the brief' }).focus();
    await page.keyboard.press('Enter');
    await brief().waitFor();
    await go(page, 'Tasks');
    await go(page, 'Today');
    await brief().waitFor();
  });

  step('playbooks are found in the palette, and their screen has no serious fault', async () => {
    const { page } = window;
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.type('playbooks');
    await page.getByRole('option', { name: 'Playbooks' }).first().waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Playbooks', level: 1 }).waitFor();
    await page.getByRole('link', { name: /Daily brief/ }).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
  });

  step('one is run with its inputs, by keyboard, and what it would change waits as a plan', async () => {
    const { page } = window;
    await page.getByRole('link', { name: /Overdue clean-up/ }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Overdue clean-up', level: 1 }).waitFor();
    const day = page.locator('input[type="date"]');
    await day.fill('');
    await page.getByRole('button', { name: 'Run' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('This is needed.').waitFor();
    await day.fill(new Date(Date.now() + 86_400_000).toISOString().slice(0, 10));
    await page.keyboard.press('Enter');
    const result = page.getByRole('article', { name: 'Result of Overdue clean-up' });
    await result.getByText('Made on this device').waitFor();
    await result
      .getByRole('region', { name: /^Plan:/ })
      .getByText('Call the insurance')
      .first()
      .waitFor();
    expect(await result.evaluate((element) => element === document.activeElement)).toBe(true);
    expect(await seriousFaults(page)).toEqual([]);
    await go(page, 'Today');
    await brief().getByText('1 plan waits for your decision.').waitFor();
    await brief().getByText('All of it').click();
    await brief().getByRole('heading', { name: 'Overdue' }).waitFor();
    expect(peer.requests).toEqual([]);
  });

  step('an account is made', async () => {
    const { page } = window;
    await go(page, 'Settings');
    await page.getByRole('tab', { name: 'Account' }).click();
    await makeAccount(page, 'marta@example.org');
    await page.getByRole('button', { name: 'Sign out' }).first().waitFor();
  });

  step('shows the agents with how far each is, folds and unfolds by keyboard, and is the same after a reload', async () => {
    const { page } = window;
    const frames = (text: string) => ({ agent: 'calendar', text }) as const;
    peer.script = async function* (request: ChatRequest): AsyncGenerator<Body> {
      const [start, , ...rest] = [...answer(request, ['Your ', 'week.'])];
      yield { ...start, agents: ['calendar', 'task'] } as unknown as Body;
      yield { type: 'thinking', ...frames('Looking at your calendar') } as unknown as Body;
      yield { type: 'action', name: 'list_events', ...frames(''), summary: 'Found 7 events' } as unknown as Body;
      yield { type: 'thinking', agent: 'task', text: 'Looking at your tasks' } as unknown as Body;
      await held();
      yield* rest;
    } as (request: ChatRequest) => Frames;
    await ask(beyond[0]!);
    const line = page.getByRole('button', { name: /Calendar\s+done\s*,\s*Tasks\s+works\s+Looking at your tasks/ });
    await line.press('Enter');
    await page.getByText('Found 7 events').waitFor();
    await holdsEverywhere(page.getByText('Found 7 events'));
    await page.reload();
    await line.waitFor();
    expect(await line.getAttribute('aria-expanded')).toBe('false');
    release();
    await page.getByText('Your week.').waitFor();
    await page.getByRole('button', { name: /Calendar\s+done\s*,\s*Tasks\s+done\s+3 steps/ }).waitFor();
  });

  step('stops, keeps what was said, and goes on', async () => {
    const { page } = window;
    peer.script = async function* (request: ChatRequest): AsyncGenerator<Body> {
      yield* [...answer(request, ['One, two, '])].slice(0, -1);
      await held();
    } as (request: ChatRequest) => Frames;
    await ask(beyond[1]!);
    await page.getByText('One, two,').waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('Stopped. What arrived is kept.').waitFor();
    peer.script = (request) => answer(request, ['three.']);
    await button('Continue').click();
    await page.getByText('three.').waitFor();
    await page.getByText('One, two,').waitFor();
  });

  step('a provider that is down: the same request again, or this device, marked', async () => {
    const { page } = window;
    peer.script = failing('model.unavailable');
    await ask(beyond[2]!);
    await trouble().getByText('The assistant cannot answer right now').waitFor();
    await button('Try again').click();
    await expect.poll(() => peer.requests.filter(({ message }) => message === beyond[2]).length, { timeout: 20_000 }).toBe(2);
    const [first, second] = peer.requests.filter(({ message }) => message === beyond[2]);
    expect({ ...second, requestId: '' }).toEqual({ ...first, requestId: '' });
    await trouble().getByText('The assistant cannot answer right now').waitFor();
    await button('Answer on this device').click();
    await trouble().waitFor({ state: 'detached' });
    await page.getByRole('article', { name: 'Adiuva' }).getByText('On this device', { exact: true }).waitFor();
  });

  step('a fault of ours: a line to quote that holds nothing of the user', async () => {
    const { page, context } = window;
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    peer.script = failing('internal');
    await ask(beyond[3]!);
    await trouble().getByText('Something went wrong on our side').waitFor();
    await trouble().getByRole('button', { name: 'Copy', exact: true }).click();
    const line = () => page.evaluate(() => navigator.clipboard.readText());
    await expect.poll(line, { timeout: 20_000 }).toMatch(/^internal · request [\w-]+$/);
  });

  step('a limit counts down to its end', async () => {
    peer.refuse = { code: 'rate.limited', retryAfter: 3_600 };
    peer.dropSockets();
    await ask(beyond[1]!);
    await trouble().getByText('Too many requests for now').waitFor();
    const left = trouble().getByText(/^(?:1 h|59 min(?: \d+ s)?)$/);
    const before = await left.innerText();
    await expect.poll(() => left.innerText(), { timeout: 20_000 }).not.toBe(before);
    expect(await trouble().getByRole('link', { name: 'See plans' }).getAttribute('href')).toBe('#/settings/account');
    await holdsEverywhere(trouble());
    peer.refuse = undefined;
    await button('Answer on this device').click();
    await trouble().waitFor({ state: 'detached' });
  });

  step('a session that ended leads to the sign-in, and offers this device', async () => {
    const { page } = window;
    peer.endSessions();
    peer.expireAccess();
    peer.dropSockets();
    await ask(beyond[2]!);
    await trouble().getByText('You are signed out').waitFor();
    expect(await trouble().getByRole('link', { name: 'Sign in' }).getAttribute('href')).toBe('#/settings/account');
    await trouble().getByRole('link', { name: 'Sign in' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('radio', { name: 'Sign in' }).click();
    await page.getByRole('textbox', { name: 'Email' }).fill('marta@example.org');
    await page.getByRole('textbox', { name: 'Account password' }).fill('correct horse battery');
    await button('Sign in').click();
    await page.getByRole('button', { name: 'Sign out' }).first().waitFor();
  });

  step('paints tokens at most once a frame, in slices that never hold the window up', async () => {
    const { page } = window;
    const words = Array.from({ length: 1_200 }, (_, i) => (i % 50 === 49 ? `word${i}.\n\n` : `word${i} `));
    peer.script = async function* (request: ChatRequest): AsyncGenerator<Body> {
      let sent = 0;
      for (const frame of answer(request, words)) {
        if (frame.type === 'token' && ++sent % 20 === 0) await new Promise((next) => setTimeout(next, 10));
        yield frame;
      }
    } as (request: ChatRequest) => Frames;
    const tokens = await splitTokens(page);
    await page.reload();
    await page.getByRole('navigation', { name: 'Screens' }).waitFor();
    const paints = await watchPaints(page, '.transcript', tokens);
    await ask(beyond[0]!);
    await page.getByText('word1199.').waitFor({ timeout: 60_000 });
    const seen = await paints.stop();
    expect(seen.tokenEvents).toBeGreaterThanOrEqual(1_200);
    expect(seen.tokenEvents).toBeGreaterThan(seen.frames);
    expect(seen.changes).toBeGreaterThan(5);
    expect(seen.changes).toBeLessThanOrEqual(seen.frames);
    // The end of an answer may draw beside its last words.
    expect(seen.changesInAFrame).toBeLessThanOrEqual(2);
    expect(seen.longestCpuMs).toBeLessThan(50);
  });

  step('no screen reported an error or asked anything of another machine', async () => {
    expect(window.problems.filter((text) => !/WebSocket connection|Failed to load resource|ERR_CONNECTION/.test(text))).toEqual([]);
  });
});
