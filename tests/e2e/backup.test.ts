import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownFolder } from '../world/processes.ts';
import { chromiumMissing, keepPicture, seriousFaults, startApp, type App, type Window } from './app.ts';
import { go, makeAccount, makeVault, passphrase, useWithoutAccount } from './steps.ts';

/** A vault is backed up to a folder, changed, restored, and restored on a second device: the window, the core and the folder as they are. */
describe('backups in the window', { concurrent: false, timeout: 120_000 }, () => {
  const disk = ownFolder('e2e-disk');
  const place = path.join(disk.folder, 'adiuva');
  let first: App;
  let second: App;
  let third: App;
  let window: Window;
  let words: string[] = [];

  beforeAll(async () => {
    if (chromiumMissing) return;
    first = await startApp();
    window = await first.window();
  }, 120_000);
  afterAll(async () => {
    await Promise.all([second?.stop(), third?.stop()]);
    await first?.stop();
    disk.remove();
  });

  const step = (name: string, work: (page: Page) => Promise<void>, on: () => Window = () => window) =>
    it(name, async ({ skip }) => {
      if (chromiumMissing) skip(chromiumMissing);
      await work(on().page).catch(async (error: unknown) => {
        await keepPicture(on().page, `backup-${name}`);
        throw error;
      });
    });

  const points = (page: Page) => page.getByRole('list', { name: 'Restore points' }).getByRole('listitem');
  const toBackups = async (page: Page) => {
    await go(page, 'Settings');
    await page.getByRole('tab', { name: 'Backup' }).click();
    await page.getByRole('heading', { name: 'Where' }).waitFor();
  };
  const addTask = async (page: Page, title: string) => {
    await go(page, 'Tasks');
    await page.getByRole('textbox', { name: 'Add a task' }).fill(title);
    await page.keyboard.press('Enter');
    await page.getByText(title).first().waitFor();
  };
  const backUp = async (page: Page, expected: number) => {
    await page.getByRole('button', { name: 'Back up now' }).click();
    await expect.poll(() => points(page).count(), { timeout: 60_000 }).toBe(expected);
    await page.getByRole('button', { name: 'Back up now' }).waitFor();
  };
  const faultsEverywhere = async (app: App, open: (page: Page) => Promise<void>) => {
    const found: Record<string, string[]> = {};
    for (const theme of ['light', 'dark'] as const)
      for (const [size, width, height] of [
        ['wide', 1280, 800],
        ['narrow', 390, 844],
      ] as const) {
        const { page, context } = await app.window({ theme, width, height });
        await page.goto(await app.freshLink());
        await open(page);
        await page.waitForTimeout(300);
        const faults = await seriousFaults(page);
        if (faults.length > 0) found[`${theme} ${size}`] = faults;
        await context.close();
      }
    return found;
  };

  step('a folder is named by its whole path, and the first backup goes there', async (page) => {
    await page.goto(first.url);
    words = await makeVault(page);
    await useWithoutAccount(page);
    await addTask(page, 'Before the backup');
    await toBackups(page);
    await page.getByRole('textbox', { name: 'Another folder' }).fill('disk/adiuva');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('Give the whole path').waitFor();
    await page.getByRole('textbox', { name: 'Another folder' }).fill(place);
    await page.keyboard.press('Enter');
    await page.getByText('No backup here yet').waitFor();
    await backUp(page, 1);
    await page
      .getByRole('contentinfo', { name: 'Status' })
      .getByRole('button', { name: /^Backup \w+ \d+/ })
      .waitFor();
  });

  step('a check reads everything, and a restore is proven', async (page) => {
    await page.getByRole('button', { name: 'Check everything' }).click();
    await page.getByText('Every part is there and right').waitFor({ timeout: 60_000 });
    await page.getByRole('button', { name: 'Prove a restore now' }).click();
    await page.getByText('A restore was proven').first().waitFor({ timeout: 60_000 });
  });

  step('what changed since is shown before a restore, and nothing is changed by looking', async (page) => {
    await addTask(page, 'After the backup');
    await toBackups(page);
    await backUp(page, 2);
    await addTask(page, 'After both backups');
    await toBackups(page);
    await points(page)
      .nth(1)
      .getByRole('button', { name: /^Restore/ })
      .click();
    await page.getByRole('heading', { name: 'Restore this backup?' }).waitFor({ timeout: 60_000 });
    expect(await page.getByRole('region', { name: 'What goes' }).innerText()).toMatch(
      /After the backup[\s\S]*After both backups|After both backups[\s\S]*After the backup/,
    );
    await page.getByText('This is older than a backup this device has seen').waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Keep what I have');
    expect(await seriousFaults(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await go(page, 'Tasks');
    await page.getByText('After both backups').first().waitFor();
  });

  step('a restore brings the older vault back, and one click undoes it', async (page) => {
    await toBackups(page);
    await points(page)
      .nth(1)
      .getByRole('button', { name: /^Restore/ })
      .click();
    await page.getByRole('button', { name: 'Restore', exact: true }).click({ timeout: 60_000 });
    await page.getByRole('heading', { name: 'The backup is restored' }).waitFor({ timeout: 60_000 });
    await page.getByRole('button', { name: 'Go on' }).click();
    await go(page, 'Tasks');
    await page.getByText('Before the backup').first().waitFor();
    await page.getByText('After the backup').waitFor({ state: 'detached' });
    await toBackups(page);
    await page.getByRole('button', { name: 'Undo restore' }).click();
    await page.getByText('The restore was undone').first().waitFor({ timeout: 60_000 });
    await page.getByText(/^You undid a restore/).waitFor();
    await go(page, 'Tasks');
    await page.getByText('After both backups').first().waitFor();
  });

  step('what was restored can be searched', async (page) => {
    await go(page, 'Search');
    await page
      .getByRole('searchbox')
      .or(page.getByRole('textbox', { name: /search/i }))
      .first()
      .fill('both backups');
    await page.getByRole('main').getByText('After both backups').first().waitFor();
  });

  step('the schedule is kept', async (page) => {
    await toBackups(page);
    await page.getByRole('radio', { name: 'Weekly' }).click();
    await expect.poll(() => page.getByRole('radio', { name: 'Weekly' }).getAttribute('aria-checked')).toBe('true');
    await page.reload();
    await page.getByRole('heading', { name: 'By itself' }).waitFor();
    await expect.poll(() => page.getByRole('radio', { name: 'Weekly' }).getAttribute('aria-checked')).toBe('true');
    await page.getByRole('radio', { name: 'Off' }).click();
  });

  step('new words are shown once and confirmed; the old ones stop', async (page) => {
    await page.getByRole('button', { name: 'I lost my words: get new words' }).click();
    await page.getByLabel('Your passphrase').fill('not the passphrase');
    await page.keyboard.press('Enter');
    await page.getByRole('main').getByText('This passphrase does not open the vault').waitFor();
    await page.getByLabel('Your passphrase').fill(passphrase);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'I have written them down' }).waitFor({ timeout: 60_000 });
    const old = words;
    words = await page.getByRole('list', { name: 'Recovery words' }).getByRole('listitem').allInnerTexts();
    expect(words).toHaveLength(12);
    expect(words).not.toEqual(old);
    await page.getByRole('button', { name: 'I have written them down' }).click();
    for (const box of await page.getByRole('textbox', { name: /^Word \d+$/ }).all()) {
      const label = await box.evaluate((element) => (element as HTMLInputElement).labels?.[0]?.textContent ?? '');
      await box.fill(words[Number(/\d+/.exec(label)![0]) - 1]!);
    }
    await page.getByRole('button', { name: 'Confirm' }).click();
    await page.getByRole('navigation', { name: 'Screens' }).waitFor();
  });

  step('the page of backups has no serious fault for assistive technology, wide and narrow, light and dark', async () => {
    const found = await faultsEverywhere(first, async (page) => {
      await page.getByRole('navigation', { name: 'Screens' }).waitFor();
      await page.evaluate(() => (location.hash = '#/settings/backup'));
      await page.getByRole('list', { name: 'Restore points' }).waitFor();
    });
    expect(found).toEqual({});
  });

  describe('on a second device, by keyboard alone', () => {
    let there: Window;
    const focusedName = () =>
      there.page.evaluate(() => {
        const at = document.activeElement as HTMLElement | null;
        if (!at || at === document.body) return '';
        return (at.getAttribute('aria-label') ?? (at as HTMLInputElement).labels?.[0]?.textContent ?? at.textContent ?? '').trim();
      });
    async function tabTo(name: RegExp) {
      const seen: string[] = [];
      for (let i = 0; i < 40; i++) {
        const here = await focusedName();
        if (name.test(here)) return;
        seen.push(here.slice(0, 40));
        await there.page.keyboard.press('Tab');
      }
      expect.fail(`no Tab stop named ${name}; stops: ${seen.join(' · ')}`);
    }
    const press = (key: string) => there.page.keyboard.press(key);
    const type = (text: string) => there.page.keyboard.type(text);
    const toTasks = async () => {
      await press('Control+p');
      await there.page.getByRole('dialog').waitFor();
      await type('Tasks');
      await press('Enter');
      await there.page.getByRole('heading', { name: 'Tasks', level: 1 }).waitFor();
    };

    beforeAll(async () => {
      if (chromiumMissing) return;
      second = await startApp();
      there = await second.window();
      // A pointer would make this test mean nothing.
      Object.defineProperty(there.page, 'mouse', { get: () => expect.fail('the mouse was used') });
    }, 120_000);

    step(
      'wrong words are told from a folder without backups',
      async (page) => {
        await page.goto(second.url);
        await page.getByLabel('Passphrase').waitFor();
        await tabTo(/^Restore from a backup$/);
        await press('Enter');
        await page.getByRole('heading', { name: 'Restore from a backup' }).waitFor();
        await page.keyboard.press('Shift+Tab');
        await press('ArrowRight');
        await tabTo(/^Folder/);
        await type(path.join(disk.folder, 'elsewhere'));
        await tabTo(/^Twelve words/);
        await type(`${'abandon '.repeat(11)}about`);
        await tabTo(/^Look for backups$/);
        await press('Enter');
        await page.getByRole('main').getByText('There is no backup here').waitFor();
        await page.getByLabel('Folder').focus();
        await press('Control+a');
        await type(place);
        await press('Enter');
        await page.getByRole('main').getByText('These twelve words do not open this backup').waitFor({ timeout: 60_000 });
      },
      () => there,
    );

    step(
      'the newest backup is restored with the words, and its vault opens with everything in it',
      async (page) => {
        await page.getByLabel('Twelve words').focus();
        await press('Control+a');
        await type(words.join(' '));
        await tabTo(/^Look for backups$/);
        await press('Enter');
        await page.getByRole('heading', { name: 'Choose what to restore' }).waitFor({ timeout: 60_000 });
        expect(await page.getByRole('radio').first().isChecked()).toBe(true);
        expect(await page.getByText('newest', { exact: true }).count()).toBe(1);
        expect(await seriousFaults(page)).toEqual([]);
        await press('ArrowDown');
        await press('ArrowUp');
        await tabTo(/^Continue$/);
        await press('Enter');
        await page.getByLabel('Passphrase').waitFor();
        await tabTo(/^Passphrase$/);
        await type('another passphrase');
        await tabTo(/^The same again$/);
        await type('another passphrase');
        await press('Enter');
        await page.getByRole('navigation', { name: 'Screens' }).waitFor({ timeout: 90_000 });
        await toTasks();
        await page.getByText('After the backup').first().waitFor();
        expect(await page.getByText('After both backups').count()).toBe(0);
      },
      () => there,
    );

    step(
      'the restored vault opens with its own passphrase after a restart',
      async (page) => {
        await page.goto(await second.restartClient());
        await page.getByLabel('Passphrase').fill('another passphrase');
        await press('Enter');
        await page.getByRole('navigation', { name: 'Screens' }).waitFor();
        await toTasks();
        await page.getByText('Before the backup').first().waitFor();
      },
      () => there,
    );

    step(
      'a damaged vault is restored from the screen that says so, and its files stay',
      async (page) => {
        const file = path.join(second.home, 'store.db');
        const url = await second.restartClient(() => writeFileSync(file, readFileSync(file).fill(7, 200, 300)));
        await page.goto(url);
        await page.getByLabel('Passphrase').fill('another passphrase');
        await press('Enter');
        await page.getByRole('heading', { name: 'The vault cannot be opened' }).waitFor();
        expect(await seriousFaults(page)).toEqual([]);
        await tabTo(/^Restore from a backup$/);
        await press('Enter');
        await page.getByRole('radio', { name: 'In a folder' }).focus();
        await press('Space');
        await page.getByLabel('Folder').focus();
        await type(place);
        await tabTo(/^Twelve words/);
        await type(words.join(' '));
        await tabTo(/^Look for backups$/);
        await press('Enter');
        await page.getByRole('heading', { name: 'Choose what to restore' }).waitFor({ timeout: 60_000 });
        await tabTo(/^Continue$/);
        await press('Enter');
        await tabTo(/^Passphrase$/);
        await type('a third passphrase');
        await tabTo(/^The same again$/);
        await type('a third passphrase');
        await press('Enter');
        await page.getByRole('navigation', { name: 'Screens' }).waitFor({ timeout: 90_000 });
        await toTasks();
        await page.getByText('After the backup').first().waitFor();
        expect(readdirSync(path.join(second.home, 'damaged'))).toHaveLength(1);
      },
      () => there,
    );
  });

  describe('through the cloud', () => {
    const email = 'ada@example.org';
    let other: Window;

    beforeAll(async () => {
      if (chromiumMissing) return;
      third = await startApp({}, first.cloudUrl);
      other = await third.window();
    }, 120_000);

    step('an account gives room in the cloud, and the meter tells how much is used', async (page) => {
      await toBackups(page);
      await page.getByRole('radio', { name: /^Cloud/ }).check();
      await page.getByRole('heading', { name: 'Sign in to see what is in the cloud' }).waitFor();
      expect(await seriousFaults(page)).toEqual([]);
      await page.getByRole('button', { name: 'Sign in' }).first().click();
      await makeAccount(page, email);
      await page.getByRole('button', { name: 'Sign out' }).waitFor();
      await toBackups(page);
      await page.getByRole('radio', { name: /^Cloud/ }).check();
      await backUp(page, 1);
      await expect.poll(() => page.getByRole('meter', { name: 'Cloud storage used' }).getAttribute('aria-valuenow')).toBe('0');
      await page.getByText(/ of 5 GB used · pro plan/).waitFor();
      await page.getByRole('button', { name: 'Check a sample' }).click();
      await page.getByText('Every part of the sample is there and right').waitFor({ timeout: 60_000 });
    });

    step(
      'another device takes everything over with account and words',
      async (page) => {
        await page.goto(third.url);
        await page.getByRole('button', { name: 'Restore from a backup' }).click();
        await page.getByLabel('Email').fill(email);
        await page.getByLabel('Account password').fill('correct horse battery');
        await page.getByLabel('Twelve words').fill(`  ${words.join('  ').toUpperCase()} `);
        await page.getByRole('button', { name: 'Look for backups' }).click();
        await page.getByRole('button', { name: 'Continue' }).click({ timeout: 60_000 });
        await page.getByLabel('Passphrase').fill(passphrase);
        await page.getByLabel('The same again').fill(passphrase);
        await page.getByRole('button', { name: 'Restore', exact: true }).click();
        await page.getByRole('navigation', { name: 'Screens' }).waitFor({ timeout: 90_000 });
        await go(page, 'Tasks');
        await page.getByText('After both backups').first().waitFor();
        await page.getByRole('contentinfo', { name: 'Status' }).getByText(new RegExp(email)).waitFor();
      },
      () => other,
    );

    step(
      'it backs up there too',
      async (page) => {
        await addTask(page, 'Written on the other device');
        await toBackups(page);
        await page.getByRole('radio', { name: /^Cloud/ }).check();
        await backUp(page, 2);
      },
      () => other,
    );

    step('the first device does not overwrite it: it tells of the fork, and takes over only when told to', async (page) => {
      await addTask(page, 'Written on the first device');
      await toBackups(page);
      await page.getByRole('radio', { name: /^Cloud/ }).check();
      await page.getByRole('button', { name: 'Back up now' }).click();
      await page.getByText('Another device has backed up here since', { exact: true }).waitFor({ timeout: 60_000 });
      await page.getByRole('contentinfo', { name: 'Status' }).getByText('Backups wait for you').waitFor();
      expect(await seriousFaults(page)).toEqual([]);
      await page.getByRole('button', { name: 'Restore that backup…' }).click();
      await page.getByRole('region', { name: 'What comes back' }).getByText('Written on the other device').waitFor({ timeout: 60_000 });
      await page.getByRole('button', { name: 'Keep what I have' }).click();
      await page.getByRole('button', { name: 'Let this device take over…' }).click();
      await page.getByRole('button', { name: 'Take over', exact: true }).click();
      await page.getByText('Another device has backed up here since', { exact: true }).waitFor({ state: 'detached' });
      await backUp(page, 3);
    });

    step('a restore point goes only with the password of the account', async (page) => {
      await page
        .getByRole('button', { name: /^More for/ })
        .last()
        .click();
      await page.getByRole('menuitem', { name: 'Delete…' }).click();
      await page.getByLabel('Account password').fill('not the password');
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').getByText('The email or the password is not right').waitFor();
      await page.getByLabel('Account password').fill('correct horse battery');
      await page.keyboard.press('Enter');
      await expect.poll(() => points(page).count()).toBe(2);
    });
  });

  step('no screen reported an error or asked anything of another machine', async () => {
    expect(window.problems.filter((text) => !/WebSocket connection|Failed to load resource|ERR_CONNECTION/.test(text))).toEqual([]);
  });
});
