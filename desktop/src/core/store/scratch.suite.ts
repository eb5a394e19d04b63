import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { argonBounds } from '@adiuva/shared/contracts/backup.ts';
import type { StoredRecord } from '@adiuva/shared/contracts/records.ts';
import { systemClock } from '@adiuva/shared/kit/clock.ts';
import { systemRandom } from '@adiuva/shared/kit/ids.ts';
import { silentLog } from '@adiuva/shared/kit/log.ts';
import type { ChatSession, Message } from '../../bridge/shapes.ts';
import { Database } from './database.ts';
import { journeyapps } from './engine-journeyapps.ts';
import { multipleCiphers } from './engine-multiple-ciphers.ts';
import type { Engine, EngineFactory, RawKey } from './engine.ts';
import { migrate } from './migrate.ts';
import { createStore, type Store } from './store.ts';
import { openVault, type Vault, type VaultOptions } from './vault.ts';

/** Things the tests of this room start from. All of it is gone after the test. */

export const engines: readonly EngineFactory[] = [journeyapps, multipleCiphers];
export const testKey: RawKey = { key: new Uint8Array(32).fill(7), salt: new Uint8Array(16).fill(9) };
export const at = '2026-11-20T09:00:00.000Z';

export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'adiuva-store-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** An open database with the newest schema. */
export async function scratchDatabase(engine: Engine, file = join(scratchFolder(), 'store.db')): Promise<Database> {
  const database = await Database.open(engine, file, testKey, systemClock, 'create');
  onTestFinished(() => database.close());
  await database.alone((connection) => migrate(connection));
  return database;
}

/** A store without a vault around it. */
export async function scratchStore(factory: EngineFactory = journeyapps): Promise<Store> {
  const database = await scratchDatabase(await factory());
  return createStore(database, { vaultId: 'test', selfCheck: async () => [], close: () => database.close() });
}

/** The least that a slot may cost. */
const cheap = { timeCost: argonBounds.timeCost.min, memoryKiB: argonBounds.memoryKiB.min, parallelism: 1 };
export const passphrase = 'correct horse battery';

export function scratchVault(dataDir = scratchFolder(), options: Partial<VaultOptions> = {}): Vault {
  const vault = openVault({ dataDir, clock: systemClock, random: systemRandom, log: silentLog, secrets: null, slotCost: cheap, ...options });
  onTestFinished(() => vault.lock());
  return vault;
}

export const task = (id: string, fields: Record<string, unknown> = {}, more: Partial<StoredRecord> = {}): StoredRecord => ({
  id,
  type: 'task',
  fields: { title: `Task ${id}`, notes: '', priority: 'medium', dueAt: null, status: 'open', projectId: null, tags: [], recurrence: null, ...fields },
  version: 1,
  createdAt: at,
  updatedAt: at,
  ...more,
});

export const session = (id: string, more: Partial<ChatSession> = {}): ChatSession => ({
  id,
  title: `Conversation ${id}`,
  createdAt: at,
  updatedAt: at,
  messages: 0,
  ...more,
});

export const message = (id: string, sessionId: string, more: Partial<Message> = {}): Message => ({
  id,
  sessionId,
  role: 'user',
  text: `Text ${id}`,
  state: 'done',
  route: null,
  agents: [],
  model: null,
  requestId: null,
  parentId: null,
  planId: null,
  problem: null,
  activity: [],
  createdAt: at,
  ...more,
});
