import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BackupEntry, BackupEnvelope } from '@adiuva/shared/contracts/backup.ts';
import { canonicalJson } from '@adiuva/shared/contracts/plan.ts';
import { base64url, systemRandom } from '@adiuva/shared/kit/ids.ts';
import { systemClock, type Clock } from '@adiuva/shared/kit/clock.ts';
import { sha256 } from '@adiuva/desktop/core/crypto.ts';
import { account, codeOf, digestOf, fill, fingerprint, hurried, inCloud, newHome, openHome, strangers, type BackupHome } from '../world/backups.ts';
import { createLiar, json, rewritten, type Answer, type Lie, type Liar } from '../world/liar.ts';
import { createCloud, type WorldCloud } from '../world/world.ts';

/** A cloud that lies: whatever it gives is refused by a typed error, in bounded time and memory, and nothing of the device changes. */

interface Reply {
  entry: BackupEntry;
  manifest: string;
}

let cloud: WorldCloud;
let liar: Liar;
let home: BackupHome & { readonly words: string };
/** What the cloud said when each backup was the newest. */
const past: Reply[] = [];
let envelope: BackupEnvelope;
/** Another user's newest backup, envelope, and one of the objects. */
let stranger: { reply: Reply; envelope: BackupEnvelope; object: Buffer };

/** Time whose limits can be made to run two hundred times as fast. */
let haste = 1;
const racing: Clock = { ...hurried, after: (ms, work) => systemClock.after(ms / haste, work) };

async function heard<T>(pattern: RegExp, work: () => Promise<unknown>): Promise<T> {
  let said: Buffer | null = null;
  liar.lie(({ method, path }) => (pattern.test(`${method} ${path}`) ? { change: (answer) => ((said = answer.body), answer) } : null));
  await work();
  liar.lie(null);
  return JSON.parse(said!.toString('utf8')) as T;
}

beforeAll(async () => {
  cloud = await createCloud({ ADIUVA_DEFAULT_TIER: 'team' });
  liar = await createLiar(cloud.port());
  home = await newHome({ cloudUrl: liar.url });
  await home.api['account.register'](account);
  for (let index = 0; index < 3; index++) {
    await fill(home, 6);
    await home.api['backup.create']({ target: inCloud, full: false });
    past.push(await heard<Reply>(/^GET \/backup$/, () => home.api['backup.verify']({ target: inCloud, full: false })));
  }
  const other = await newHome({ cloudUrl: liar.url });
  await other.api['account.register']({ ...account, email: 'other@example.org' });
  await fill(other, 6);
  await other.api['backup.create']({ target: inCloud, full: false });
  let object: Buffer = Buffer.alloc(0);
  liar.lie(({ path }) => (path.startsWith('/backup/objects/') ? { change: (answer) => ((object = answer.body), answer) } : null));
  await other.api['backup.verify']({ target: inCloud, full: true });
  const theirs = await heard<Reply>(/^GET \/backup$/, () => other.api['backup.verify']({ target: inCloud, full: false }));
  await other.close();
  envelope = await heard<BackupEnvelope>(/^GET \/backup\/envelope$/, () => visit(home.words).then(({ close }) => close()));
  const open = await heard<BackupEnvelope>(/^GET \/backup\/envelope$/, () => visit(other.words, 'other@example.org').then(({ close }) => close()));
  stranger = { reply: theirs, envelope: open, object };
  await fill(home, 1);
}, 120_000);
afterEach(() => liar.lie(null));
afterAll(async () => {
  await home?.close();
  await liar?.close();
  await cloud?.remove();
});

/** A device without a vault that has opened the backups. */
async function visit(phrase: string, email: string = account.email, clock = hurried) {
  const device = await openHome({ cloudUrl: liar.url, clock });
  try {
    const { backups } = await device.api['backup.open']({ target: inCloud, phrase, email, password: account.password });
    return Object.assign(device, { backups });
  } catch (error) {
    await device.close();
    throw error;
  }
}

const on =
  (pattern: RegExp, lie: Lie) =>
  ({ method, path }: { method: string; path: string }) =>
    pattern.test(`${method} ${path}`) ? lie : null;
const newest = /^GET \/backup$/;
const anyObject = /^GET \/backup\/objects\//;

const store = () => fingerprint(home.dataDir, /(-shm|\.lock)$|^backups\//);

/** Runs an act against a lie: its code, with the store as it was and nothing left behind. */
async function under(rule: Parameters<Liar['lie']>[0], act: () => Promise<unknown>): Promise<string> {
  const before = store();
  liar.lie(rule);
  try {
    return await codeOf(act());
  } finally {
    liar.lie(null);
    expect(store()).toEqual(before);
    expect(strangers(home.dataDir)).toEqual([]);
  }
}

const restore = async () => {
  await home.api['backup.prepare']({ target: inCloud });
  await home.api['backup.discard'](undefined);
};
const verify = async () => {
  const { ok, faults } = await home.api['backup.verify']({ target: inCloud, full: true });
  if (!ok) throw faults[0]!.problem;
};
const back = () => home.api['backup.create']({ target: inCloud, full: false });
const drill = () => home.api['backup.drill']({ target: inCloud });

describe('a cloud that lies about what is the newest', () => {
  it('with an older one is found out by whoever saw a newer, and asked twice or not', async () => {
    for (const old of past.slice(0, 2)) {
      for (const act of [restore, verify, back, drill]) expect(await under(on(newest, json(old)), act)).toBe('backup.rolled_back');
      let asked = 0;
      const second = ({ method, path }: { method: string; path: string }) => (method === 'GET' && path === '/backup' && asked++ > 0 ? json(old) : null);
      expect(['nothing', 'backup.rolled_back']).toContain(await under(second, restore));
      expect(await digestOf(home)).toBe(await digestOf(home));
    }
  });

  it('with an older one under a newer number, date, name or code', async () => {
    const [first, , third] = past as [Reply, Reply, Reply];
    const forged: unknown[] = [
      { ...first, entry: { ...first.entry, generation: 9 } },
      { ...first, entry: { ...first.entry, generation: third.entry.generation, mac: third.entry.mac } },
      { entry: third.entry, manifest: first.manifest },
      { entry: { ...first.entry, manifest: third.entry.manifest }, manifest: first.manifest },
      { ...third, entry: { ...third.entry, epoch: 2 } },
      { ...third, entry: { ...third.entry, repository: stranger.reply.entry.repository } },
    ];
    for (const lie of forged)
      for (const act of [restore, verify, back]) expect(await under(on(newest, json(lie)), act)).toMatch(/^backup\.(corrupt|rolled_back|forked|wrong_phrase)$/);
  });

  it('with a fork: another device has backed up, which stops this one until somebody decides', async () => {
    const twin = await visit(home.words);
    await twin.api['backup.restoreHere']({ passphrase: 'a passphrase for tests' });
    await fill(twin, 1);
    await twin.api['backup.create']({ target: inCloud, full: false });
    expect(await under(null, back)).toBe('backup.forked');
    expect((await home.api['backup.state'](undefined)).places[0]?.lastProblem?.code).toBe('backup.forked');
    await home.api['backup.takeOver']({ target: inCloud });
    expect((await home.api['backup.create']({ target: inCloud, full: false })).kind).toBe('base');
    await fill(home, 1);
    await twin.close();
  });

  it('with a stranger', async () => {
    for (const act of [restore, verify, back])
      expect(await under(on(newest, json(stranger.reply)), act)).toMatch(/^backup\.(corrupt|forked|wrong_phrase|rolled_back)$/);
    const theirs = { say: { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: stranger.object } };
    for (const act of [restore, verify]) expect(await under(on(anyObject, theirs), act)).toBe('backup.corrupt');
  });

  it('with nothing', async () => {
    const gone = json({ code: 'backup.missing', title: 'x', status: 404, type: 'about:blank' }, 404);
    expect(await under(on(newest, gone), restore)).toMatch(/^backup\.missing$|^cloud\.bad_reply$/);
    expect(await under(on(newest, gone), verify)).toMatch(/^backup\.missing$|^cloud\.bad_reply$/);
  });

  it('and forges a date is not believed: a new device shows the one that was sealed', async () => {
    liar.lie(
      on(
        /^GET \/backup\/history$/,
        rewritten((data: { backups: BackupEntry[] }) => ({
          ...data,
          backups: data.backups.map((each) => ({ ...each, createdAt: '2031-01-01T00:00:00.000Z' })),
        })),
      ),
    );
    const device = await visit(home.words);
    expect(device.backups[0]!.createdAt).not.toMatch(/^2031/);
    await device.close();
  });
});

/** An envelope with other parameters and the right sum: the sum protects nothing. */
function weaker(argon: Partial<BackupEnvelope['argon']>): BackupEnvelope {
  const { sum: _, ...rest } = { ...envelope, argon: { ...envelope.argon, ...argon } };
  return { ...rest, sum: base64url(sha256(canonicalJson(rest))) };
}

describe('an envelope that lies', () => {
  const rows: readonly (readonly [string, () => unknown, RegExp])[] = [
    ['16 GiB of memory', () => weaker({ memoryKiB: 16 * 1024 * 1024 }), /^backup\.corrupt$/],
    ['a million passes', () => weaker({ timeCost: 1_000_000 }), /^backup\.corrupt$/],
    ['a thousand lanes', () => weaker({ parallelism: 1_000 }), /^backup\.corrupt$/],
    ['one pass', () => weaker({ timeCost: 1 }), /^backup\.corrupt$/],
    ['8 KiB of memory', () => weaker({ memoryKiB: 8 }), /^backup\.corrupt$/],
    ['the least that is allowed', () => weaker({ timeCost: 2, memoryKiB: 19_456 }), /^backup\.wrong_phrase$/],
    ['another salt', () => weaker({ salt: base64url(systemRandom(16)) }), /^backup\.wrong_phrase$/],
    ['another version of Argon2', () => weaker({ version: 16 as never }), /^backup\.corrupt$/],
    ['a newer version', () => ({ ...envelope, version: 2 }), /^backup\.newer$/],
    ['a stranger', () => stranger.envelope, /^backup\.wrong_phrase$/],
    ['no sum', () => ({ ...envelope, sum: base64url(systemRandom(32)) }), /^backup\.corrupt$/],
    ['other types', () => ({ ...envelope, argon: { ...envelope.argon, memoryKiB: '65536' } }), /^backup\.corrupt$/],
    ['a list', () => [], /^backup\.corrupt$/],
    ['another epoch', () => ({ ...envelope, epoch: 2 }), /^backup\.(corrupt|wrong_phrase)$/],
  ];
  it.each(rows)('with %s is refused before anything is allocated', async (_name, lie, code) => {
    const [from, memory] = [performance.now(), process.memoryUsage.rss()];
    expect(await under(on(/^GET \/backup\/envelope$/, json(lie())), () => visit(home.words))).toMatch(code);
    expect(process.memoryUsage.rss() - memory).toBeLessThan(400 * 1024 * 1024);
    expect(performance.now() - from).toBeLessThan(20_000);
  });
});

const text = (body: string, type = 'text/html', status = 200): Lie => ({ say: { status, headers: { 'content-type': type }, body: Buffer.from(body) } });
const bytes = (change: (body: Buffer) => Buffer): Lie => ({ change: (answer: Answer) => ({ ...answer, body: change(answer.body) }) });

describe('an answer that is none', () => {
  const acts = [
    ['a restore', restore],
    ['a verification', verify],
  ] as const;
  const paths = [
    ['the newest', newest],
    ['an object', anyObject],
  ] as const;
  const lies: readonly (readonly [string, Lie, RegExp])[] = [
    ['a page of HTML', text('<html><body>Please sign in</body></html>'), /^(cloud\.bad_reply|cloud\.offline|backup\.corrupt)$/],
    ['nothing at all', text('', 'application/json'), /^(cloud\.bad_reply|backup\.corrupt)$/],
    ['a body without end', { endless: 200 }, /^cloud\.bad_reply$/],
    ['an error without end', { endless: 500 }, /^cloud\.bad_reply$/],
    [
      'fewer bytes than it says',
      { say: { status: 200, headers: { 'content-type': 'application/json', 'content-length': '100000' }, body: Buffer.alloc(10) } },
      /^(cloud\.(bad_reply|offline)|backup\.corrupt)$/,
    ],
    ['half of it', bytes((body) => body.subarray(0, body.length >> 1)), /^(cloud\.bad_reply|backup\.corrupt)$/],
    ['one byte more', bytes((body) => Buffer.concat([body, Buffer.of(0x7d)])), /^(cloud\.bad_reply|backup\.corrupt)$/],
    ['5 MB more', bytes((body) => Buffer.concat([body, Buffer.alloc(5_000_000, 0x20)])), /^(cloud\.bad_reply|backup\.corrupt)$/],
    ['not modified', { say: { status: 304, headers: { etag: '"x"' }, body: Buffer.alloc(0) } }, /^cloud\.bad_reply$/],
    [
      'a part of it',
      { change: (answer) => ({ ...answer, status: 206, headers: { ...answer.headers, 'content-range': 'bytes 0-9/10' }, body: answer.body.subarray(0, 10) }) },
      /^(cloud\.bad_reply|backup\.corrupt)$/,
    ],
    ['deep JSON', text('['.repeat(200_000), 'application/json'), /^(cloud\.bad_reply|backup\.corrupt)$/],
    ['a prototype', text('{"__proto__":{"ok":true},"entry":{"constructor":1},"manifest":"AA"}', 'application/json'), /^(cloud\.bad_reply|backup\.corrupt)$/],
    ['a break in the middle', { cut: 'in the answer' }, /^cloud\.(bad_reply|offline)$/],
  ];
  it.each(lies)('but %s is refused', { timeout: 60_000 }, async (name, lie, code) => {
    const memory = process.memoryUsage.rss();
    for (const [what, act] of acts)
      for (const [of, path] of paths) expect([name, what, of, await under(on(path, lie), act)]).toEqual([name, what, of, expect.stringMatching(code)]);
    expect(process.memoryUsage.rss() - memory).toBeLessThan(300 * 1024 * 1024);
  });

  it('but silence ends when nothing moves for too long', { timeout: 60_000 }, async () => {
    const device = await visit(home.words, account.email, racing);
    haste = 200;
    for (const path of paths) {
      liar.lie(on(path[1], { silent: true }));
      expect(await codeOf(device.api['backup.restoreHere']({ passphrase: 'a passphrase for tests' }))).toMatch(/^cloud\.(offline|bad_reply)$/);
      expect((await device.api['vault.state'](undefined)).state).toBe('missing');
    }
    await device.close();
  });

  it('but a redirect is not followed, and carries nothing to another host', async () => {
    const reached: string[] = [];
    const elsewhere = createServer((request, response) => {
      reached.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`);
      response.end('{}');
    }).listen(0, '127.0.0.1');
    await once(elsewhere, 'listening');
    const location = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/taken`;
    for (const status of [301, 302, 307, 308]) {
      const lie: Lie = { say: { status, headers: { location }, body: Buffer.alloc(0) } };
      for (const path of [newest, anyObject]) expect(await under(on(path, lie), restore)).toMatch(/^cloud\.(offline|bad_reply)$/);
      await fill(home, 1);
      liar.lie(on(/^PUT \/backup/, lie));
      expect(await codeOf(back())).toMatch(/^cloud\.(offline|bad_reply)$/);
    }
    expect(reached).toEqual([]);
    elsewhere.close();
  });

  it('but an upload to an address of its choice is made to none that is not its own or safe', async () => {
    await fill(home, 1);
    const lie = rewritten((data: { missing: { id: string }[] }) => ({
      missing: data.missing.map(({ id }) => ({ id, upload: { url: 'http://198.51.100.7/steal', headers: {} } })),
    }));
    liar.lie(on(/^POST \/backup\/objects\/missing$/, lie));
    expect((await home.api['backup.create']({ target: inCloud, full: true })).kind).toBe('base');
    liar.lie(null);
    expect(await codeOf(verify())).toBe('nothing');
  });

  it('but a commit it says it kept and did not is noticed at the next look', async () => {
    await fill(home, 1);
    const pretend: Lie = { change: (answer) => answer };
    const dropped = ({ method, path }: { method: string; path: string }): Lie | null =>
      method === 'PUT' && path === '/backup' ? json({ ...past[2]!.entry }, 201) : pretend;
    expect(await codeOf((liar.lie(dropped), back()))).toMatch(/^cloud\.bad_reply$/);
    liar.lie(null);
    expect(['increment', 'base']).toContain((await back()).kind);
    expect(await codeOf(verify())).toBe('nothing');
  });

  it('but a list with more backups than there can be, or of other shapes, ends', async () => {
    const entry = past[0]!.entry;
    const long = { backups: Array.from({ length: 40_000 }, () => entry), usedBytes: 0, quotaBytes: null };
    for (const lie of [
      json(long),
      json({ backups: 'x' }),
      json({ ...long, backups: [{ ...entry, generation: -1 }] }),
      json({ ...long, backups: [], usedBytes: 1e308 }),
    ])
      expect(await under(on(/^GET \/backup\/history$/, lie), () => home.api['backup.list']({ target: inCloud }))).toMatch(/^cloud\.bad_reply$/);
  });
});

describe('this harness goes red', () => {
  it('on a device that believes any head', async () => {
    // Nothing remembered: as a device that keeps no mark of what it saw.
    const { rmSync } = await import('node:fs');
    await codeOf(back());
    rmSync(`${home.dataDir}/backups`, { recursive: true });
    expect(await under(on(newest, json(past[1]!)), restore)).toBe('nothing');
  });
});
