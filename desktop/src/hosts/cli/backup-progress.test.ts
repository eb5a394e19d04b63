import { describe, expect, it } from 'vitest';
import type { BackupProgress } from '../../bridge/shapes.ts';
import { progressLine, withProgress } from './backup-progress.ts';
import type { Call, Session } from './verb.ts';

const progress: BackupProgress = {
  task: 'backup',
  target: { kind: 'cloud' },
  phase: 'uploading',
  bytes: { done: 12_300_000, total: 29_000_000 },
  objects: { done: 4, total: 11 },
  bytesPerSecond: 5_100_000,
  secondsLeft: 3.3,
};

describe('a line of progress', () => {
  it('tells bytes, parts, rate and time left', () =>
    expect(progressLine(progress)).toBe('backup uploading  42 %  12.3 MB of 29 MB  4 of 11 parts  5.1 MB/s  4 s left'));
  it('leaves out what is not known', () =>
    expect(
      progressLine({ ...progress, phase: 'preparing', bytes: { done: 0, total: 0 }, objects: { done: 0, total: 0 }, bytesPerSecond: 0, secondsLeft: null }),
    ).toBe('backup preparing'));
});

/** What reaches stderr while a task tells of 41 %, 42 %, 42 % and its end. */
async function told(call: { watched: boolean; options: Call['options'] }): Promise<{ notes: string[]; stopped: boolean }> {
  const notes: string[] = [];
  let listener: (data: BackupProgress | null) => void = () => {};
  let stopped = false;
  const session = { on: (_type: string, given: typeof listener) => ((listener = given), () => void (stopped = true)) } as unknown as Session;
  await withProgress({ ...call, note: (text: string) => void notes.push(text) } as unknown as Call, session, async () => {
    for (const done of [12_000_000, 12_300_000, 12_310_000]) listener({ ...progress, bytes: { done, total: 29_000_000 } });
    listener(null);
  });
  return { notes, stopped };
}

describe('progress on stderr', () => {
  it('is one line written over on a terminal, gone at the end', async () => {
    const { notes, stopped } = await told({ watched: true, options: {} });
    expect([notes.length, notes.every((note) => note.startsWith('\r\u001b[K') && !note.includes('\n')), notes.at(-1), stopped]).toEqual([
      4,
      true,
      '\r\u001b[K',
      true,
    ]);
  });
  it('is a line for each percent with --progress', async () => {
    const { notes } = await told({ watched: false, options: { progress: true } });
    expect(notes.map((note) => /(\d+) %.*\n$/.exec(note)?.[1])).toEqual(['41', '42']);
  });
  it('is silent into a file', async () => expect((await told({ watched: false, options: {} })).notes).toEqual([]));
});
