import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumMissing, keepPicture, seriousFaults, startApp, type App, type Window } from './app.ts';
import { go, makeAccount, makeVault, openNewest, passphrase, say, sentence, unlock } from './steps.ts';

describe('the first hour of a new user', { concurrent: false, timeout: 90_000 }, () => {
  let app: App;
  let window: Window;

  beforeAll(async () => {
    if (chromiumMissing) return;
    app = await startApp();
    window = await app.window();
  }, 120_000);
  afterAll(() => app?.stop());
  const step = (name: string, work: () => Promise<void>) =>
    it(name, async ({ skip }) => {
      if (chromiumMissing) skip(chromiumMissing);
      await work().catch(async (error: unknown) => {
        await keepPicture(window.page, name);
        throw error;
      });
    });
  const approve = () =>
    window.page
      .getByRole('button', { name: /^Approve/ })
      .last()
      .click();

  step('they make a vault, see twelve words once and confirm three', async () => {
    await window.page.goto(app.url);
    expect(await makeVault(window.page)).toHaveLength(12);
    await makeAccount(window.page, 'marta@example.org');
    await window.page.getByRole('navigation', { name: 'Screens' }).waitFor();
    expect(window.page.url()).not.toMatch(/#[\w-]{22,}$/);
  });

  step('they ask, watch the answer, see the plan, approve it and find the task', async () => {
    const { page } = window;
    await go(page, 'Chat');
    await say(page, sentence);
    const plan = page.getByRole('region', { name: /^Plan:/ });
    await plan.waitFor();
    expect(await plan.innerText()).toMatch(/Send the invoice to Marta[\s\S]*high[\s\S]*17:00/);
    await go(page, 'Tasks');
    expect(await page.getByText('Send the invoice to Marta').count()).toBe(0);
    await openNewest(page);
    await approve();
    await page.getByRole('button', { name: 'Undo', exact: true }).waitFor();
    await go(page, 'Tasks');
    await page.getByText('Send the invoice to Marta').first().waitFor();
  });

  step('they undo it and do it again', async () => {
    const { page } = window;
    await openNewest(page);
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await page.getByRole('button', { name: /^Undo 1 write/ }).click();
    await page.getByText('Undone. Your records are as they were before.').first().waitFor();
    await go(page, 'Tasks');
    await page.getByRole('main').getByText('Send the invoice to Marta').waitFor({ state: 'detached' });
    await openNewest(page);
    await say(page, sentence);
    await page.getByRole('button', { name: /^Approve/ }).waitFor();
    await approve();
    await page.getByRole('button', { name: 'Undo', exact: true }).waitFor();
    await go(page, 'Tasks');
    await page.getByText('Send the invoice to Marta').first().waitFor();
  });

  step('they pull the plug: the badge says offline, the same sentence works here, the rest waits and goes out once', async () => {
    const { page } = window;
    await app.pullCloud();
    await go(page, 'Chat');
    await page.getByRole('button', { name: 'New chat' }).first().click();
    await say(page, sentence);
    await page.getByRole('button', { name: /^Approve/ }).waitFor();
    await page.getByText('On this device').last().waitFor();
    await page
      .getByRole('contentinfo', { name: 'Status' })
      .getByText(/offline/i)
      .waitFor();
    await say(page, 'Write a limerick about a lighthouse keeper');
    await page.getByText('Waits in the outbox').first().waitFor();
    await go(page, 'Outbox');
    await page.getByText('Waits for the cloud').first().waitFor();
    await app.plugCloud();
    await page
      .getByRole('button', { name: /send now|try now|drain|send/i })
      .first()
      .click();
    await page.getByText('Waits for the cloud').waitFor({ state: 'detached' });
    await openNewest(page);
    await page
      .getByRole('log')
      .getByText(/in the cloud/i)
      .last()
      .waitFor();
    expect(await page.getByRole('article', { name: 'Adiuva' }).count()).toBe(2);
  });

  step('they close and reopen: locked, wrong passphrase refused, unlocked, everything there', async () => {
    const { page } = window;
    await page.goto(await app.restartClient());
    await unlock(page, 'not the passphrase');
    await page.getByRole('main').getByText('This passphrase does not open the vault').waitFor();
    expect(await page.getByText('Send the invoice').count()).toBe(0);
    await page.getByLabel('Passphrase').fill('');
    await unlock(page, passphrase);
    await go(page, 'Tasks');
    await page.getByText('Send the invoice to Marta').first().waitFor();
  });

  step('a second window shows the same, at once', async () => {
    const second = await app.window({ theme: 'dark' });
    await second.page.goto(await app.freshLink());
    await go(second.page, 'Tasks');
    await second.page.getByText('Send the invoice to Marta').first().waitFor();
    await go(window.page, 'Tasks');
    await window.page.getByRole('textbox', { name: 'Add a task' }).fill('Water the plants');
    await window.page.keyboard.press('Enter');
    await second.page.getByText('Water the plants').first().waitFor();
    await second.context.close();
  });

  for (const theme of ['light', 'dark'] as const) {
    step(`every screen has no serious fault for assistive technology, in the ${theme}`, async () => {
      const { page, context } = await app.window({ theme });
      await page.goto(await app.freshLink());
      const faults: Record<string, string[]> = {};
      for (const screen of ['Today', 'Chat', 'Tasks', 'Calendar', 'Notes', 'Search', 'Outbox', 'Settings']) {
        await go(page, screen);
        await page.getByRole('main').getByRole('heading').first().waitFor();
        await page.waitForTimeout(300);
        const found = await seriousFaults(page);
        if (found.length > 0) faults[screen] = found;
      }
      await context.close();
      expect(faults).toEqual({});
    });
  }

  step('no screen reported an error or asked anything of another machine', async () => {
    // A refused token and a link that was pulled are errors the browser itself reports.
    expect(window.problems.filter((text) => !/WebSocket connection|Failed to load resource|ERR_CONNECTION/.test(text))).toEqual([]);
  });
});
