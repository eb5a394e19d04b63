import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Page } from 'playwright';
import { startPeer, type Peer } from '../../desktop/src/core/cloud/peer.suite.ts';
import { chromiumMissing, keepPicture, seriousFaults, startApp, type App, type Window } from './app.ts';
import { go, makeVault, useWithoutAccount } from './steps.ts';

/** Asks the core from the page, as the page does. */
async function add(page: Page, type: string, fields: Record<string, unknown>) {
  const status = await page.evaluate(
    async (body) => (await fetch('/trpc/records.add', { method: 'POST', headers: { 'content-type': 'application/json' }, body })).status,
    JSON.stringify({ type, fields }),
  );
  expect(status).toBe(200);
}

describe('the brief of today', { concurrent: false, timeout: 90_000 }, () => {
  let peer: Peer;
  let app: App;
  let window: Window;

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
        await keepPicture(window.page, `today-${name}`);
        throw error;
      });
    });
  const brief = () => window.page.getByRole('region', { name: 'Brief' });

  step('is not there on a day that holds nothing', async () => {
    await window.page.getByRole('heading', { name: 'A clear day' }).waitFor();
    expect(await brief().count()).toBe(0);
  });

  step('says where to begin and what overlaps, without account and network', async () => {
    const { page } = window;
    const hour = 3_600_000;
    const at = (hours: number) => new Date(Date.now() + hours * hour).toISOString();
    await add(page, 'task', { title: 'Call the insurance', priority: 'urgent', dueAt: at(-48) });
    await add(page, 'event', { title: 'Night train', startAt: at(47), endAt: at(55) });
    await add(page, 'event', { title: 'Call with Sydney', startAt: at(48), endAt: at(49), timeZone: 'Australia/Sydney' });
    await brief().getByText('1 overdue; begin with “Call the insurance”').waitFor();
    await brief().getByText('“Night train” and “Call with Sydney” overlap').waitFor();
    await brief().getByText('Made on this device').waitFor();
    await page
      .getByRole('list', { name: 'Events at the same time' })
      .getByText(/in Sydney/)
      .waitFor();
    expect(peer.requests).toEqual([]);
  });

  step('leads to what it names, by keyboard', async () => {
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

  step('has no serious fault for assistive technology, in both themes, wide and narrow', async () => {
    const { page } = window;
    const faults: string[] = [];
    for (const [theme, width] of [
      ['light', 1280],
      ['dark', 390],
    ] as const) {
      await page.emulateMedia({ colorScheme: theme });
      await page.setViewportSize({ width, height: 800 });
      await brief().waitFor();
      faults.push(...(await seriousFaults(page)).map((fault) => `${theme}: ${fault}`));
      if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) faults.push(`${theme}: wider than the window`);
    }
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 1280, height: 800 });
    expect(faults).toEqual([]);
  });

  step('is put away for the day, also after a reload, and comes back when asked for', async () => {
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

  step('no screen reported an error or asked anything of another machine', async () => {
    expect(window.problems.filter((text) => !/WebSocket connection|Failed to load resource|ERR_CONNECTION/.test(text))).toEqual([]);
  });
});
