import type { Page } from 'playwright';

/** What a user does, in the words of the screen. */

export const passphrase = 'a passphrase for tests';
export const sentence = 'Remind me to send the invoice to Marta next Friday at 17:00, high priority';

/** Makes a vault: passphrase, the twelve words, three of them typed back. Gives the words. */
export async function makeVault(page: Page): Promise<string[]> {
  await page.getByLabel('Passphrase').fill(passphrase);
  await page.getByLabel('The same again').fill(passphrase);
  await page.getByRole('button', { name: 'Make the vault' }).click();
  await page.getByRole('button', { name: 'I have written them down' }).waitFor();
  const words = await page.getByRole('list', { name: 'Recovery words' }).getByRole('listitem').allInnerTexts();
  await page.getByRole('button', { name: 'I have written them down' }).click();
  for (const box of await page.getByRole('textbox', { name: /^Word \d+$/ }).all()) {
    const label = await box.evaluate((element) => (element as HTMLInputElement).labels?.[0]?.textContent ?? element.getAttribute('aria-label') ?? '');
    await box.fill(words[Number(/\d+/.exec(label)![0]) - 1]!);
  }
  await page.getByRole('button', { name: 'Confirm' }).click();
  return words;
}

export async function useWithoutAccount(page: Page) {
  await page.getByRole('button', { name: 'Use without account' }).click();
  await page.getByRole('navigation', { name: 'Screens' }).waitFor();
}

export async function makeAccount(page: Page, email: string) {
  await page.getByRole('textbox', { name: 'Email' }).fill(email);
  await page.getByRole('textbox', { name: 'Account password' }).fill('correct horse battery');
  await page.getByRole('button', { name: 'Make the account' }).click();
}

export const go = (page: Page, screen: string) =>
  page
    .getByRole('navigation', { name: 'Screens' })
    .getByRole('link', { name: new RegExp(`^${screen}`) })
    .click();

export async function say(page: Page, text: string) {
  await page.getByRole('textbox', { name: 'Message' }).fill(text);
  await page.keyboard.press('Enter');
}

export async function unlock(page: Page, secret = passphrase) {
  await page.getByLabel('Passphrase').fill(secret);
  await page.keyboard.press('Enter');
}

/** Opens the newest conversation from the list beside the chat. */
export async function openNewest(page: Page) {
  await go(page, 'Chat');
  await page.getByRole('main').getByRole('listitem').getByRole('link').first().click();
  await page.getByRole('log', { name: 'Conversation' }).waitFor();
}

/** Calls a mutation of the bridge from the page, as the page does. */
export async function callBridge<T>(page: Page, name: string, input: unknown): Promise<T> {
  const answer = await page.evaluate(
    async ([row, body]) => {
      const reply = await fetch(`/trpc/${row}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      return { ok: reply.ok, text: await reply.text() };
    },
    [name, JSON.stringify(input)] as const,
  );
  if (!answer.ok) throw new Error(`${name}: ${answer.text}`);
  return (JSON.parse(answer.text) as { result: { data: T } }).result.data;
}

/** Adds a record without the screen. Gives its id. */
export const addRecord = async (page: Page, type: string, fields: Record<string, unknown>): Promise<string> =>
  (await callBridge<{ record: { id: string } }>(page, 'records.add', { type, fields })).record.id;
