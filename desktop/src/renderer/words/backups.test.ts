import { describe, expect, it } from 'vitest';
import type { BackupProgress, BackupState } from '../../bridge/shapes.ts';
import { isWholePath, kindText, leftText, phaseOf, progressFacts, sameTarget, shareOf, typeText, warningOf } from './backups.ts';

const progress: BackupProgress = {
  task: 'backup',
  target: { kind: 'cloud' },
  phase: 'uploading',
  bytes: { done: 12_300_000, total: 40_000_000 },
  objects: { done: 4, total: 11 },
  bytesPerSecond: 5_100_000,
  secondsLeft: 5.4,
};

describe('a task that runs', () => {
  it('tells bytes, parts, rate and time left', () =>
    expect(progressFacts(progress)).toEqual(['12.3 MB of 40 MB', '4 of 11 parts', '5.1 MB/s', 'about 6 s left']));
  it('leaves out what is not known yet', () => {
    const early = { ...progress, bytes: { done: 0, total: 0 }, objects: { done: 0, total: 0 }, bytesPerSecond: 0, secondsLeft: null };
    expect([progressFacts(early), shareOf(early)]).toEqual([[], null]);
  });
  it.each([
    [0.2, 'nearly done'],
    [1, 'about 1 s left'],
    [89, 'about 89 s left'],
    [90, 'about 2 min left'],
    [5_400, 'about 2 h left'],
  ])('%d seconds: %s', (seconds, text) => expect(leftText(seconds)).toBe(text));
  it('knows its share by bytes, else by parts, never above all', () =>
    expect([shareOf(progress), shareOf({ ...progress, bytes: { done: 0, total: 0 } }), shareOf({ ...progress, bytes: { done: 50, total: 40 } })]).toEqual([
      12.3 / 40,
      4 / 11,
      1,
    ]));
  it('writes to a folder and sends to the cloud', () =>
    expect([phaseOf(progress), phaseOf({ ...progress, target: { kind: 'folder', path: '/a' } })]).toEqual(['Sending what is new', 'Writing what is new']));
});

const now = Date.parse('2026-11-21T12:00:00Z');
const problem = (code: string) => ({ type: `urn:adiuva:error:${code}`, title: code, status: 409, code });
const place = (code: string | null): BackupState['places'][number] => ({
  target: { kind: 'cloud' },
  last: null,
  lastVerified: null,
  lastProblem: code === null ? null : problem(code),
  usedBytes: null,
  quotaBytes: null,
});
const state = (lastBackup: string | null, every: BackupState['automatic']['every'], ...codes: (string | null)[]): BackupState => ({
  ready: true,
  automatic: { every, target: { kind: 'cloud' }, nextAt: null },
  places: codes.map(place),
  lastBackup,
  lastProvenRestore: null,
  running: null,
  kept: null,
});

describe('a warning', () => {
  it.each<[string, BackupState, string | null]>([
    ['a decision that waits, above all', state('2026-11-01T00:00:00Z', 'daily', 'vault.disk_full', 'backup.forked'), 'decide'],
    ['a rollback', state(null, 'off', 'backup.rolled_back'), 'decide'],
    ['a failure', state('2026-11-21T11:00:00Z', 'daily', 'backup.quota'), 'failed'],
    ['a daily backup two days late', state('2026-11-19T11:59:00Z', 'daily', null), 'late'],
    ['a daily backup of the day before', state('2026-11-19T12:01:00Z', 'daily', null), null],
    ['a weekly backup two weeks late', state('2026-11-07T11:00:00Z', 'weekly'), 'late'],
    ['an old backup nobody wanted again', state('2025-01-01T00:00:00Z', 'off'), null],
    ['none yet', state(null, 'daily'), null],
    ['an update that was not backed up before', state('2026-11-21T11:00:00Z', 'daily', 'backup.skipped'), 'failed'],
  ])('%s', (_name, given, kind) => expect(warningOf(given, now)?.kind ?? null).toBe(kind));
});

it.each<[string, boolean]>([
  ['/media/disk', true],
  ['C:\\Backup', true],
  ['d:/backup', true],
  ['\\\\server\\share', true],
  ['backup', false],
  ['~/backup', false],
  ['', false],
])('%s names one place: %s', (path, whole) => expect(isWholePath(path)).toBe(whole));

it('two targets are one when they lead to the same place', () =>
  expect([
    sameTarget({ kind: 'cloud' }, { kind: 'cloud' }),
    sameTarget({ kind: 'folder', path: '/a' }, { kind: 'folder', path: '/a' }),
    sameTarget({ kind: 'folder', path: '/a' }, { kind: 'folder', path: '/b' }),
    sameTarget({ kind: 'folder', path: '/a' }, { kind: 'cloud' }),
  ]).toEqual([true, true, false, false]));

it('counts and rows have names, known or not', () =>
  expect([kindText('messages'), kindText('task'), kindText('constructor'), typeText('event'), typeText('other')]).toEqual([
    'Messages',
    'Tasks',
    'Constructor',
    'Event',
    'Other',
  ]));
