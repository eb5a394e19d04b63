import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright';
import { root } from '../world/processes.ts';
import { startApp, type App } from './app.ts';
import { addRecord, callBridge, go, makeAccount, makeVault, openNewest, say, sentence } from './steps.ts';

/**
 * Takes the pictures of the README through the real app, with a vault that holds a working week. By hand, with the pinned Node:
 * `node tests/e2e/pictures.ts`, or with the names of those to take. The week is the one of today, in a zone where it is late morning now, so that two runs look alike.
 */

const folder = path.join(root, 'docs/images');
const wanted = process.argv.slice(2);
const hour = 3_600_000;
const day = 24 * hour;

/** Hours east of UTC where it is 11 o'clock now, from -12 to 11. */
const east = ((11 - new Date().getUTCHours() + 36) % 24) - 12;
const zone = `Etc/GMT${east > 0 ? '-' : '+'}${Math.abs(east)}`;
const offset = `${east < 0 ? '-' : '+'}${String(Math.abs(east)).padStart(2, '0')}:00`;
const today = new Date(Date.now() + east * hour);
const monday = Date.parse(today.toISOString().slice(0, 10)) - ((today.getUTCDay() + 6) % 7) * day;

/** A date of the week of today, 0 = Monday; with a clock time an instant. */
const on = (weekday: number, clock?: string) =>
  new Date(monday + weekday * day).toISOString().slice(0, 10) + (clock === undefined ? '' : `T${clock}:00${offset}`);
/** The same from today on. */
const later = (days: number, clock?: string) => on(((today.getUTCDay() + 6) % 7) + days, clock);

type Fields = Record<string, unknown>;

async function fill(page: Page) {
  const launch = await addRecord(page, 'project', { name: 'Spring launch' });
  const house = await addRecord(page, 'project', { name: 'House' });
  const tasks: Fields[] = [
    { title: 'Call the insurance about the claim', priority: 'urgent', dueAt: later(-1, '10:00'), projectId: house, tags: ['calls'] },
    { title: 'Prepare the quarterly report', priority: 'high', dueAt: later(0), projectId: launch, tags: ['finance'] },
    { title: 'Review the contract with Jonas', dueAt: later(0, '16:30'), projectId: launch, tags: ['work'] },
    { title: 'Water the plants', priority: 'low', dueAt: later(2), projectId: house, recurrence: 'FREQ=WEEKLY;INTERVAL=2' },
    { title: 'Send the draft newsletter to Priya', priority: 'high', dueAt: later(4, '11:00'), projectId: launch, tags: ['newsletter'] },
    { title: 'Order new filters', priority: 'low', dueAt: later(5), projectId: house },
    { title: 'Book the train to Milan', dueAt: later(6), tags: ['travel'] },
    { title: 'Collect the photos of the garden', dueAt: later(8), projectId: launch, tags: ['newsletter'] },
    { title: 'Two options for the team offsite in May', projectId: launch, tags: ['ideas'] },
    { title: 'Renew the library card', priority: 'low' },
  ];
  for (const task of tasks) await addRecord(page, 'task', task);
  const events: [string, number, string, string, string][] = [
    ['Team stand-up', 0, '09:30', '10:00', 'Video call'],
    ['Budget for the spring', 0, '14:00', '15:30', 'Room 2'],
    ['Design review', 1, '11:00', '12:30', 'Room 4'],
    ['Call with Priya', 2, '10:00', '10:45', ''],
    ['Lunch with Jonas', 2, '12:30', '13:45', 'Da Enzo'],
    ['Interview for the newsletter', 3, '15:00', '16:00', 'Video call'],
    ['Board meeting', 4, '13:30', '15:00', 'Room 1'],
    ['Choir rehearsal', 4, '19:30', '21:30', 'Town hall'],
    ['Team stand-up', 7, '09:30', '10:00', 'Video call'],
    ['Train to Milan', 9, '08:10', '11:20', 'Platform 4'],
  ];
  for (const [title, weekday, from, to, location] of events)
    await addRecord(page, 'event', { title, startAt: on(weekday, from), endAt: on(weekday, to), location, timeZone: zone });
  await addRecord(page, 'event', { title: 'Parents visiting', startAt: on(5), endAt: on(7), allDay: true, timeZone: zone });
  await callBridge(page, 'settings.set', { displayName: 'Ada' });
}

/** Earlier conversations, each with its plan approved. */
async function talk(page: Page) {
  for (const text of ['Note: ideas for the spring newsletter', 'Dentist on Tuesday at 15:00 for 45 minutes']) {
    await startConversation(page, text);
    await approve(page);
  }
  await startConversation(page, 'What is due this week?');
  await page.getByText('In the cloud').waitFor();
}

async function startConversation(page: Page, text: string) {
  await go(page, 'Chat');
  await page.getByRole('button', { name: 'New chat' }).first().click();
  await say(page, text);
  await page.getByRole('log', { name: 'Conversation' }).waitFor();
}

async function approve(page: Page) {
  await page.getByRole('button', { name: /^Approve/ }).click();
  await page.getByRole('button', { name: 'Undo', exact: true }).waitFor();
}

async function take(page: Page, name: string) {
  if (wanted.length > 0 && !wanted.includes(name)) return;
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await page.mouse.move(0, 0);
  await page.getByRole('region', { name: 'Notices' }).getByRole('button').first().waitFor({ state: 'detached', timeout: 30_000 });
  await page.waitForTimeout(500);
  await page.screenshot({ path: path.join(folder, `${name}.png`) });
}

/** Two backups in the cloud with some work between and after them, a proven restore, and one that waits for its decision. */
async function backUps(page: Page, dark: Page) {
  const backUp = page.getByRole('button', { name: 'Back up now' });
  await page.evaluate(() => (location.hash = '#/settings/backup'));
  await backUp.click();
  await page.getByText('newest', { exact: true }).waitFor();
  await addRecord(page, 'note', { title: 'Names for the newsletter' });
  await backUp.click();
  await page.getByRole('list', { name: 'Restore points' }).getByRole('listitem').nth(1).waitFor();
  await page.getByRole('button', { name: 'Prove a restore now' }).click();
  await page.getByText('A restore was proven').first().waitFor();
  await page.getByRole('radio', { name: 'Daily' }).click();
  await page.evaluate(() => document.querySelector('.settings-scroll')?.scrollTo(0, 0));
  await take(page, 'backup-light-wide');

  for (const title of ['Ask Jonas about the venue', 'Photos for the cover']) await addRecord(page, 'task', { title });
  await dark.evaluate(() => (location.hash = '#/settings/backup'));
  await dark
    .getByRole('list', { name: 'Restore points' })
    .getByRole('button', { name: /^Restore/ })
    .nth(1)
    .click();
  await dark.getByRole('heading', { name: 'Restore this backup?' }).waitFor();
  await take(dark, 'restore-dark-wide');
  await dark.getByRole('button', { name: 'Keep what I have' }).click();
}

async function pictures(app: App) {
  const { page } = await app.window();
  await page.goto(app.url);
  await makeVault(page);
  await makeAccount(page, 'ada@example.org');
  await page.getByRole('navigation', { name: 'Screens' }).waitFor();
  await fill(page);
  await talk(page);
  await startConversation(page, sentence);
  await page.getByRole('button', { name: /^Approve/ }).waitFor();
  await take(page, 'chat-light-wide');
  await approve(page);
  await go(page, 'Tasks');
  await page.getByText('Send the invoice to Marta').first().waitFor();
  await take(page, 'tasks-light-wide');

  const dark = await app.window({ theme: 'dark' });
  await dark.page.goto(await app.freshLink());
  await openNewest(dark.page);
  await say(dark.page, 'What is due this week?');
  await dark.page.getByText('In the cloud').nth(1).waitFor();
  await take(dark.page, 'chat-dark-wide');

  await backUps(page, dark.page);

  const narrow = await app.window({ theme: 'dark', width: 390, height: 844 });
  await narrow.page.goto(await app.freshLink());
  await go(narrow.page, 'Calendar');
  // The list begins today and ends in four weeks: the one of next Monday is there on every day of the week.
  await narrow.page.getByText('Team stand-up').first().waitFor();
  await take(narrow.page, 'calendar-dark-narrow');
}

mkdirSync(folder, { recursive: true });
const app = await startApp({ TZ: zone });
await pictures(app).finally(() => app.stop());
