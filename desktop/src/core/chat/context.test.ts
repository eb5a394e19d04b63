import { describe, expect, it } from 'vitest';
import { chatLimits, chatRequest } from '@adiuva/shared/contracts/chat.ts';
import { message, scratchStore, session, task } from '../store/scratch.suite.ts';
import { contextFor, localTime } from './context.ts';

const now = Date.UTC(2026, 10, 20, 9);
const marta = { displayName: 'Marta', timeZone: 'Europe/Rome', locale: 'en-GB' };
const asked = message('q', 's', { text: 'what about the invoice?' });

/** What the cloud would refuse, or undefined. */
const fault = (context: object) =>
  chatRequest.safeParse({ requestId: 'request-1', sessionId: 'session-1', message: 'x', executionMode: 'plan', context }).error?.message;
const bytes = (context: object) => new TextEncoder().encode(JSON.stringify(context)).length;

describe('the context of a question', () => {
  it('of an empty vault is the profile', async () => {
    const context = await contextFor(await scratchStore(), asked, marta, now);
    expect(context).toEqual({
      userProfile: { displayName: 'Marta', timeZone: 'Europe/Rome', locale: 'en-GB', now: '2026-11-20T10:00:00.000+01:00' },
      relevantDocuments: [],
      recentTasks: [],
      upcomingEvents: [],
      emailMetadata: [],
      metrics: { records: {} },
      conversationHistory: [],
    });
  });

  it('finds a task that is far down the list, and marks what others wrote', async () => {
    const store = await scratchStore();
    await store.tx(async (t) => {
      await t.records.insertMany(Array.from({ length: 400 }, (_, i) => task(`t${i}`, { title: `Chore ${i}`, dueAt: '2026-11-21' })));
      await t.records.insert(task('far', { title: 'Send the invoice' }));
      await t.records.insert({ ...task('note'), type: 'note', fields: { title: 'Invoice numbers', body: 'They begin with 7.', tags: [] } });
      await t.records.insert({
        ...task('mail'),
        type: 'email',
        fields: { account: 'a', from: 'bob@example.org', to: [], subject: 'Invoice!', receivedAt: '2026-11-20T08:00:00Z', labels: [] },
      });
      await t.documents.insert({
        id: 'doc',
        collection: 'documents',
        title: 'Terms',
        text: 'An invoice is due in 30 days.',
        createdAt: '2026-11-20T09:00:00Z',
      });
    });
    const context = await contextFor(store, asked, marta, now);
    expect(context.recentTasks.map((r) => r.id)).toContain('far');
    expect(Object.fromEntries(context.relevantDocuments.map((d) => [d.id, d.provenance]))).toEqual({ doc: 'untrusted', note: 'user' });
    expect(context.emailMetadata).toMatchObject([{ id: 'mail', provenance: 'untrusted' }]);
    expect(fault(context)).toBeUndefined();
  });

  it('stays under its limit however full the vault is', async () => {
    const store = await scratchStore();
    const long = '€'.repeat(50_000);
    await store.tx(async (t) => {
      await t.sessions.insert(session('s'));
      await t.records.insertMany(
        Array.from({ length: 300 }, (_, i) => task(`t${i}`, { title: `Invoice ${i}`, notes: long, tags: Array.from({ length: 50 }, () => 'ß'.repeat(100)) })),
      );
      for (let i = 0; i < 30; i++) {
        await t.documents.insert({ id: `d${i}`, collection: 'documents', title: `Invoice ${i}`, text: long, createdAt: '2026-11-20T09:00:00Z' });
        await t.messages.insert(message(`m${i}`, 's', { text: long, role: i % 2 ? 'assistant' : 'user' }));
      }
      await t.messages.insert(asked);
    });
    const context = await contextFor(store, asked, marta, now);
    expect(fault(context)).toBeUndefined();
    expect(bytes(context)).toBeLessThanOrEqual(chatLimits.contextBytes);
    expect(bytes(context)).toBeGreaterThan(chatLimits.contextBytes / 2);
    expect(context.conversationHistory.at(-1)).toMatchObject({ role: 'assistant' });
    expect(context.recentTasks.length).toBeGreaterThan(10);
  });

  it('holds the turns before the question, not those after, and none of what failed or waits', async () => {
    const store = await scratchStore();
    await store.tx(async (t) => {
      await t.sessions.insert(session('s'));
      await t.sessions.insert(session('other'));
      await t.messages.insert(message('elsewhere', 'other', { text: 'about the invoice' }));
      await t.messages.insert(message('m1', 's', { text: 'first' }));
      await t.messages.insert(message('m2', 's', { role: 'assistant', text: 'answer' }));
      await t.messages.insert(message('m3', 's', { role: 'assistant', text: 'half', state: 'stopped' }));
      await t.messages.insert(message('m4', 's', { role: 'assistant', text: 'broken', state: 'failed' }));
      await t.messages.insert(message('m5', 's', { role: 'assistant', text: '', state: 'queued' }));
      await t.messages.insert(asked);
      await t.messages.insert(message('m6', 's', { text: 'later' }));
    });
    const context = await contextFor(store, asked, marta, now);
    expect(context.conversationHistory.map((turn) => turn.content)).toEqual(['first', 'answer', 'half']);
    expect(context.relevantDocuments).toEqual([]);
  });

  it.each([
    ['no zone', { ...marta, timeZone: 'Nowhere/Land' }, now],
    ['a long name', { ...marta, displayName: 'x'.repeat(5_000), locale: 'y'.repeat(100) }, now],
    ['a clock at its beginning', marta, 0],
    ['a clock far before', marta, -62_200_000_000_000],
    ['a clock far ahead', marta, 8_640_000_000_000_000],
  ])('is valid with %s', async (_name, profile, at) => {
    expect(fault(await contextFor(await scratchStore(), asked, profile, at))).toBeUndefined();
  });

  it.each([
    ['UTC', '2026-11-20T09:00:00.000Z'],
    ['Asia/Kolkata', '2026-11-20T14:30:00.000+05:30'],
    ['America/St_Johns', '2026-11-20T05:30:00.000-03:30'],
  ])('tells the time of %s', (zone, text) => {
    expect(localTime(now, zone)).toBe(text);
  });
});
