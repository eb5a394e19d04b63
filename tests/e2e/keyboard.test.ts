import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumMissing, keepPicture, startApp, type App, type Window } from './app.ts';
import { passphrase, sentence } from './steps.ts';

/** No pointer anywhere: Tab, Enter, Space, arrows and the keys of the sheet. */
describe('everything by keyboard', { concurrent: false, timeout: 90_000 }, () => {
  let app: App;
  let window: Window;

  beforeAll(async () => {
    if (chromiumMissing) return;
    app = await startApp();
    window = await app.window();
    // A pointer would make this test mean nothing.
    Object.defineProperty(window.page, 'mouse', { get: () => expect.fail('the mouse was used') });
  }, 120_000);
  afterAll(() => app?.stop());

  const focusedName = () =>
    window.page.evaluate(() => {
      const at = document.activeElement as HTMLElement | null;
      if (at === document.body) return '';
      const labels = (at as HTMLInputElement | null)?.labels;
      return (at?.getAttribute('aria-label') ?? labels?.[0]?.textContent ?? at?.textContent ?? '').trim();
    });
  /** Moves by Tab until the focused element has this name. */
  async function tabTo(name: RegExp, key = 'Tab') {
    const seen: string[] = [];
    for (let i = 0; i < 60; i++) {
      const here = await focusedName();
      if (name.test(here)) return;
      seen.push(here.slice(0, 40));
      await window.page.keyboard.press(key);
    }
    expect.fail(`no Tab stop named ${name}; stops: ${seen.join(' · ')}`);
  }
  const press = (key: string) => window.page.keyboard.press(key);
  const type = (text: string) => window.page.keyboard.type(text);
  const step = (name: string, work: () => Promise<void>) =>
    it(name, async ({ skip }) => {
      if (chromiumMissing) skip(chromiumMissing);
      await work().catch(async (error: unknown) => {
        await keepPicture(window.page, `keyboard-${name}`);
        throw error;
      });
    });

  step('a vault is made and its words confirmed', async () => {
    const { page } = window;
    await page.goto(app.url);
    await page.getByLabel('Passphrase').waitFor();
    await tabTo(/^Passphrase$/);
    await type(passphrase);
    await tabTo(/The same again/);
    await type(passphrase);
    await press('Enter');
    await page.getByRole('button', { name: 'I have written them down' }).waitFor();
    const words = await page.getByRole('list', { name: 'Recovery words' }).getByRole('listitem').allInnerTexts();
    await tabTo(/I have written them down/);
    await press('Enter');
    await page
      .getByRole('textbox', { name: /^Word \d+$/ })
      .first()
      .waitFor();
    const places = await page
      .getByRole('textbox', { name: /^Word \d+$/ })
      .evaluateAll((boxes) => boxes.map((box) => (box as HTMLInputElement).labels?.[0]?.textContent ?? box.getAttribute('aria-label') ?? ''));
    for (const place of places) {
      await tabTo(new RegExp(`^${place}$`));
      await type(words[Number(/\d+/.exec(place)![0]) - 1]!);
    }
    await press('Enter');
    await page.getByRole('button', { name: 'Use without account' }).waitFor();
    await tabTo(/Use without account/);
    await press('Enter');
    await page.getByRole('navigation', { name: 'Screens' }).waitFor();
  });

  step('a message is written, its plan approved with Ctrl+Enter and never with plain Enter', async () => {
    const { page } = window;
    await press('Control+n');
    await page.waitForTimeout(200);
    await tabTo(/^Message$/);
    await type(sentence);
    await press('Enter');
    const plan = page.getByRole('region', { name: /^Plan:/ });
    await plan.waitFor();
    await press('Enter');
    expect(await page.getByRole('button', { name: /^Approve/ }).count()).toBe(1);
    await tabTo(/^(Edit Title|Reject)/, 'Shift+Tab');
    await press('Control+Enter');
    await page.getByRole('button', { name: 'Undo', exact: true }).waitFor();
  });

  step('the palette finds the task, and its screen opens', async () => {
    const { page } = window;
    await press('Control+k');
    await page.getByRole('dialog').waitFor();
    await type('invoice');
    await page
      .getByRole('option', { name: /invoice to Marta/ })
      .first()
      .waitFor();
    await press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await press('Control+p');
    await page.getByRole('dialog').waitFor();
    await type('Tasks');
    await press('Enter');
    await page.getByRole('heading', { name: 'Tasks', level: 1 }).waitFor();
    await page.getByText('Send the invoice to Marta').first().waitFor();
  });

  step('an input method can pick a word with Enter without sending', async () => {
    const { page } = window;
    await press('Control+n');
    await tabTo(/^Message$/);
    const composer = page.getByRole('textbox', { name: 'Message' });
    await type('ni');
    await composer.evaluate((box) => box.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true, cancelable: true })));
    expect(await composer.inputValue()).toBe('ni');
    await press('Shift+Enter');
    expect(await composer.inputValue()).toBe('ni\n');
  });

  step('the vault is locked with one key and opened again', async () => {
    const { page } = window;
    await press('Control+l');
    await page.getByLabel('Passphrase').waitFor();
    expect(await page.getByText('invoice').count()).toBe(0);
    await tabTo(/^Passphrase$/);
    await type(passphrase);
    await press('Enter');
    await page.getByRole('navigation', { name: 'Screens' }).waitFor();
  });
});
