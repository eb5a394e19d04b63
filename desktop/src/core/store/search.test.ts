import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '@adiuva/shared/kit/ids.ts';
import type { StoredRecord } from '@adiuva/shared/contracts/records.ts';
import { at, message, scratchStore, session, task } from './scratch.suite.ts';
import type { Store } from './store.ts';

const found = async (store: Store, query: string, collection?: string) => (await store.search(query, { limit: 10, collection })).map(({ id }) => id);

async function filled(): Promise<Store> {
  const store = await scratchStore();
  const record = (id: string, type: StoredRecord['type'], fields: Record<string, unknown>): StoredRecord => ({ ...task(id), type, fields });
  await store.tx(async (t) => {
    await t.records.insertMany([
      record('invoice', 'task', { title: 'Send the invoice to Märta', notes: 'before noon', tags: ['büro'], priority: 'high', status: 'open' }),
      record('dentist', 'event', { title: 'Dentist', location: 'Łódź, Straße 5', attendees: ['Dr. Ødegård'], startAt: at, endAt: at }),
      record('recipe', 'note', { title: 'Crème brûlée', body: 'Six yolks. The invoice of the shop is in the drawer.' }),
      record('minutes', 'note', { title: '議事録', body: '明日の会議の資料 हिन्दी में टिप्पणी ภาษาไทย 🎉 한국어를' }),
      record('mail', 'email', { subject: 'Quarterly numbers', from: 'ann@mail.example', to: ['me@mail.example'], labels: [], account: 'a', receivedAt: at }),
      record('house', 'project', { name: 'Roof repair', status: 'active' }),
    ]);
    await t.documents.insert({ id: 'lease', collection: 'contracts', title: 'Lease', text: 'The tenant repairs the roof.', createdAt: at });
    await t.sessions.insert(session('s', { title: 'About gardening' }));
    await t.messages.insert(message('m', 's', { text: 'When do I plant tulips?' }));
  });
  return store;
}

describe('search', () => {
  it('finds everything that is kept, folded and by the beginning of the last word', async () => {
    const store = await filled();
    const cases: [string, string[]][] = [
      ['marta', ['invoice']],
      ['MÄRTA', ['invoice']],
      ['buro', ['invoice']],
      ['creme brulee', ['recipe']],
      ['lodz', ['dentist']],
      ['strasse', ['dentist']],
      ['odegard', ['dentist']],
      ['会議', ['minutes']],
      ['の資', ['minutes']],
      ['टिप्पणी', ['minutes']],
      ['ไทย', ['minutes']],
      ['한국', ['minutes']],
      ['🎉', ['minutes']],
      ['quarter', ['mail']],
      ['ann@mail.example', ['mail']],
      ['tulip', ['m']],
      ['garden', ['s']],
      ['tenant', ['lease']],
      ['high', []],
      ['nothingofthat', []],
    ];
    for (const [query, ids] of cases) expect([query, await found(store, query)]).toEqual([query, ids]);
  });

  it('ranks a title above a text, and what has all words above what has some', async () => {
    const store = await filled();
    expect(await found(store, 'invoice')).toEqual(['invoice', 'recipe']);
    expect(await found(store, 'invoice yolks')).toEqual(['recipe', 'invoice']);
    const scores = (await store.search('roof repair invoice', { limit: 10 })).map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  });

  it('keeps to one collection, by either form of its name', async () => {
    const store = await filled();
    const cases: [string, string[]][] = [
      ['tasks', ['invoice']],
      ['task', ['invoice']],
      ['notes', ['recipe']],
      ['contracts', []],
      ['messages', []],
      ['nowhere', []],
    ];
    for (const [collection, ids] of cases) expect([collection, await found(store, 'invoice', collection)]).toEqual([collection, ids]);
    expect([
      await found(store, 'roof', 'contracts'),
      await found(store, 'roof', 'projects'),
      await found(store, 'tulips', 'messages'),
      await found(store, 'gardening', 'sessions'),
    ]).toEqual([['lease'], ['house'], ['m'], ['s']]);
  });

  it('gives what a list of hits needs', async () => {
    const [hit] = await (await filled()).search('yolks', { limit: 1 });
    expect(hit).toEqual({
      id: 'recipe',
      collection: 'notes',
      title: 'Crème brûlée',
      snippet: 'Six yolks. The invoice of the shop is in the drawer.',
      sources: ['keyword'],
      recordType: 'note',
      sessionId: null,
      score: expect.any(Number),
    });
  });

  it('follows every change', async () => {
    const store = await filled();
    await store.t.records.replace({ ...(await store.t.records.get('invoice'))!, fields: { title: 'Pay the plumber' }, version: 2 });
    expect([await found(store, 'marta'), await found(store, 'plumber')]).toEqual([[], ['invoice']]);
    await store.t.documents.remove('lease');
    await store.t.messages.update(message('m', 's', { text: 'asparagus' }));
    expect([await found(store, 'tenant'), await found(store, 'tulips'), await found(store, 'asparagus')]).toEqual([[], [], ['m']]);
    await expect(
      store.tx(async (t) => {
        await t.records.remove('recipe');
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(await found(store, 'yolks')).toEqual(['recipe']);
  });

  it('takes any text for a query', async () => {
    const store = await filled();
    const strings = new URL('../../../../../shared/vectors/strings/blns.json', import.meta.url);
    const naughty = existsSync(strings) ? (JSON.parse(readFileSync(strings, 'utf8')) as string[]) : [];
    const operators = [
      '"',
      '""',
      "'",
      '*',
      'a*',
      'NOT',
      'AND',
      'OR a',
      'a AND',
      '(a',
      'NEAR(a b)',
      'title: a',
      '^a',
      'a -b',
      '{a b}: c',
      '+',
      '\0',
      '\ud800',
      'x'.repeat(100_000),
      'a '.repeat(5_000),
    ];
    for (const query of [...operators, ...naughty]) expect(Array.isArray(await store.search(query, { limit: 3 }))).toBe(true);
    expect(await store.search('invoice', { limit: 0 })).toEqual([]);
  });

  it('leaves out a word that is everywhere where a rarer one is there, and finds it alone', async () => {
    const store = await scratchStore();
    const random = seededRandom(1);
    const syllables = ['ka', 'lo', 'mi', 'ter', 'on', 'ver', 'sta'];
    const word = () => [...random(3)].map((byte) => syllables[byte % syllables.length]).join('');
    await store.tx((t) =>
      t.records.insertMany(
        Array.from({ length: 1_500 }, (_, index) => task(`r${index}`, { title: `common ${word()}`, notes: index === 700 ? 'zebra' : word() })),
      ),
    );
    expect((await store.search('common zebra', { limit: 5 })).map(({ id }) => id)).toEqual(['r700']);
    expect(await found(store, 'common')).toHaveLength(10);
    expect(await found(store, 'comm')).toHaveLength(10);
  });

  it('shows enough although much of what matches was removed', async () => {
    const store = await scratchStore();
    await store.t.sessions.insert(session('s', { title: 'x' }));
    await store.tx(async (t) => {
      for (let index = 0; index < 200; index++)
        await t.messages.insert(message(`m${index}`, 's', { text: index < 195 ? 'harvest' : 'harvest and many other words that make it rank lower' }));
      for (let index = 0; index < 195; index++) await t.messages.remove(`m${index}`);
    });
    expect((await found(store, 'harvest')).sort()).toEqual(['m195', 'm196', 'm197', 'm198', 'm199']);
  });
});
