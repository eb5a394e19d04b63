import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoredRecord } from '@adiuva/shared/contracts/records.ts';
import { systemRandom } from '@adiuva/shared/kit/ids.ts';
import { LeakFinder, type Leak, type Marker } from '../world/leaks.ts';
import { createLink, type Link } from '../world/link.ts';
import { adiuva, cleanEnv, descendants, look, npmStart, ownFolder, prepare, root, type Finished, type Seen, type Started } from '../world/processes.ts';
import { enterWindow, type WindowCaller } from '../world/window.ts';

const random = (count: number, letters: string) => Array.from(systemRandom(count), (byte) => letters[byte % letters.length]!).join('');
/** In every piece of content: one half in ASCII, one in letters and signs of several bytes. */
const stems = { ascii: `Zqk${random(12, 'bcdfghjkmnpqrstvwxz0123456789')}`, utf8: `ёж${random(8, 'бгджзклмнпрст')}漢字${random(3, '水火木金土')}` };
const put = new Set<string>();
/** Content of a kind, with both halves; `kind` is found again in the vault. */
function mark(kind: string): string {
  put.add(kind);
  return `${stems.ascii}${kind} ${stems.utf8}`;
}

const secrets = {
  passphrase: `pässphrase ${random(16, 'abcdefghijkmnpqrstuvwxyz')} ключ`,
  'wrong passphrase': `wröng ${random(16, 'abcdefghijkmnpqrstuvwxyz')} ключ`,
  'account password': `pässword ${random(16, 'abcdefghijkmnpqrstuvwxyz')} замок`,
  'wrong account password': `pässwrong ${random(16, 'abcdefghijkmnpqrstuvwxyz')} замок`,
};
const email = `k${random(14, 'abcdefghijkmnpqrstuvwxyz')}@example.org`;

/** The only places where a marker may be read, and why. */
const allowed: readonly { marker: string; place: RegExp; because: string }[] = [
  { marker: 'account email', place: /^home\/adiuva\/cloud\/pglite\//, because: 'the cloud finds an account by its email' },
  { marker: 'launch token', place: /^output of the client$/, because: 'the printed address is how the user gets in; it works once' },
];
const isAllowed = (leak: Leak) => allowed.some(({ marker, place }) => leak.marker === marker && place.test(leak.place));

describe('what a user says and keeps', { concurrent: false, timeout: 60_000 }, () => {
  const own = ownFolder('canary');
  const at = (...parts: string[]) => path.join(own.folder, ...parts);
  const home = at('home/adiuva');
  const places = {
    HOME: at('home'),
    TMPDIR: at('tmp'),
    XDG_DATA_HOME: at('home/xdg/data'),
    XDG_CONFIG_HOME: at('home/xdg/config'),
    XDG_CACHE_HOME: at('home/xdg/cache'),
    XDG_STATE_HOME: at('home/xdg/state'),
    XDG_RUNTIME_DIR: at('home/xdg/run'),
  };
  const settings = (more: Record<string, string>) => cleanEnv({ ...places, ADIUVA_HOME: home, ADIUVA_DEFAULT_TIER: 'team', LOG_LEVEL: 'debug', ...more });
  const heard: Buffer[] = [];
  const printed: [string, string][] = [];
  const seen = new Map<number, Seen>();
  const tokens = new Map<string, string>();
  const files = new Set<string>();
  let cloud: Started;
  let link: Link;
  let client: Started;
  let window: WindowCaller;
  let words: string[] = [];
  let watching: ReturnType<typeof setInterval>;
  /** Ids of what was acknowledged and not undone or deleted. */
  const kept = new Map<string, StoredRecord['fields']>();

  const print = (name: string, { stdout, stderr }: Pick<Finished, 'stdout' | 'stderr'>) =>
    printed.push([`output of ${name}`, stdout], [`errors of ${name}`, stderr]);
  /** Ours alone: those that descend from this process and run in our folders. */
  const lookAround = () => {
    for (const pid of descendants(process.pid)) {
      const one = look(pid);
      if (one?.environment.includes(own.folder)) seen.set(pid, { ...one, writes: [...new Set([...(seen.get(pid)?.writes ?? []), ...one.writes])] });
    }
  };
  const startClient = async () => {
    client = npmStart(['--client-only', '--no-open'], settings({ ADIUVA_CLOUD_URL: link.url, ADIUVA_CLIENT_PORT: '0' }));
    const address = await client.ready('client');
    tokens.set(`launch token ${tokens.size}`, new URL(address).hash.slice(1));
    window = await enterWindow(address);
    tokens.set(`cookie ${tokens.size}`, window.cookie);
  };
  const kill = async (which: Started, name: string) => {
    const pids = descendants(which.pid);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    print(name, await which.stop('SIGKILL'));
  };
  const command = async (name: string, args: string[], input = '') => {
    const end = await adiuva([...args, '--json'], settings({ ADIUVA_CLOUD_URL: link.url, ADIUVA_PASSPHRASE: secrets.passphrase }), input);
    print(`the command ${name}`, end);
    return end;
  };

  /** What must not be readable, as far as it is known by now. */
  function markers(): Marker[] {
    const wire = Buffer.concat(heard).toString('latin1');
    for (const [, kind, token] of wire.matchAll(/"(accessToken|refreshToken)":"([\w.-]{40,})"/g)) tokens.set(`${kind} ${token!.slice(-6)}`, token!);
    for (const [, token] of wire.matchAll(/Bearer ([\w.-]{40,})/gi)) tokens.set(`accessToken ${token!.slice(-6)}`, token!);
    // Two words one after the other; three where two are so short that other texts may have them.
    const pairs = words.slice(1).map((_, index) => words.slice(index, index + (words[index]!.length + words[index + 1]!.length < 9 ? 3 : 2)));
    return [
      { name: 'content', text: stems.ascii },
      { name: 'content', text: stems.utf8 },
      { name: 'account email', text: email },
      ...Object.entries(secrets).map(([name, text]) => ({ name, text })),
      ...pairs.flatMap((some) => [' ', ',', '","', '\n', ''].map((between) => ({ name: 'recovery words', text: some.join(between) }))),
      ...[...tokens].map(([name, text]) => ({ name: name.startsWith('launch') ? 'launch token' : name, text })),
    ];
  }

  async function walk(): Promise<Leak[]> {
    const finder = new LeakFinder(markers());
    const leaks = await finder.inFolder(own.folder, (file) => files.add(file));
    for (const [name, text] of printed) leaks.push(...(await finder.inText(text, name)));
    return leaks;
  }
  const found = async () => (await walk()).filter((leak) => !isAllowed(leak));

  beforeAll(async () => {
    for (const folder of Object.values(places)) mkdirSync(folder, { recursive: true, mode: 0o700 });
    // What the checkout still has to install or build comes with the usual settings: a package store of this test's own would go away with it.
    await prepare();
    watching = setInterval(lookAround, 200);
    cloud = npmStart(['--cloud-only'], settings({ ADIUVA_CLOUD_PORT: '0' }));
    link = await createLink(Number(new URL(await cloud.ready('cloud')).port), (chunk) => heard.push(chunk));
    await startClient();
  }, 120_000);
  afterAll(async () => {
    clearInterval(watching);
    await Promise.all([client?.stop(), cloud?.stop()]);
    await link?.close();
    own.remove();
  });

  it('is put into every kind of content, by the window and by the command line', async () => {
    const { call, ask } = window;
    const { recoveryPhrase } = await call('vault.create', { passphrase: secrets.passphrase });
    words = recoveryPhrase.split(' ');
    await call('vault.confirmPhrase', { words: [2, 7, 11].map((index) => ({ index, word: words[index]! })) });
    await call('settings.set', { displayName: mark('DisplayName'), timeZone: 'Europe/Rome' });
    await call('account.register', { email, password: secrets['account password'] });

    const add = async (type: StoredRecord['type'], fields: Record<string, unknown>) => {
      const { record } = await call('records.add', { type, fields });
      kept.set(record!.id, record!.fields);
      return record!;
    };
    const project = await add('project', { name: mark('Project') });
    await add('task', {
      title: mark('TaskTitle'),
      notes: mark('TaskNotes'),
      tags: [mark('TaskTag')],
      projectId: project.id,
      dueAt: '2026-11-27T17:00:00+01:00',
    });
    await add('event', {
      title: mark('EventTitle'),
      startAt: '2026-11-27T17:00:00+01:00',
      endAt: '2026-11-27T18:00:00+01:00',
      location: mark('EventPlace'),
      attendees: [mark('EventGuest')],
    });
    const note = await add('note', { title: mark('NoteTitle'), body: `${mark('NoteBody')}\n`.repeat(200), tags: [mark('NoteTag')] });
    await add('email', {
      account: mark('MailAccount'),
      from: mark('MailFrom'),
      to: [mark('MailTo')],
      subject: mark('MailSubject'),
      receivedAt: '2026-11-20T09:00:00Z',
      labels: [mark('MailLabel')],
    });
    const changed = await call('records.update', { id: note.id, fields: { title: mark('NoteChanged') } });
    kept.set(note.id, changed.record!.fields);
    const gone = await call('records.add', { type: 'note', fields: { title: mark('NoteDeleted'), body: mark('NoteDeletedBody') } });
    await call('records.delete', { id: gone.record!.id });

    const online = await ask(`Remind me to ${mark('AskedOnline')} next Friday at 17:00, high priority`);
    expect(online.answer).toMatchObject({ route: 'cloud', state: 'done' });
    const run = await call('plans.approve', { planId: online.plan!.plan.id, hash: online.plan!.hash });
    await call('plans.undo', { runId: run.runId });
    const rejected = await ask(`Add a task to ${mark('AskedRejected')}`, { sessionId: online.answer.sessionId });
    await call('plans.reject', { planId: rejected.plan!.plan.id });
    const edited = await ask(`Add a task to ${mark('AskedEdited')}`);
    const steps = [
      { action: 'index_document', params: { title: mark('DocumentTitle'), text: `${mark('DocumentText')}. `.repeat(50) }, explain: mark('PlanExplain') },
      { action: 'send_notification', params: { title: mark('NoticeTitle'), body: mark('NoticeBody') }, explain: '' },
      { action: 'create_record', params: { type: 'task', fields: { title: mark('PlanTask') } }, explain: '' },
    ] as const;
    const plan = await call('plans.edit', { planId: edited.plan!.plan.id, hash: edited.plan!.hash, steps: [...steps] });
    await call('plans.approve', { planId: plan.plan.id, hash: plan.hash });
    await call('chat.rename', { sessionId: online.answer.sessionId, title: mark('SessionTitle') });
    await ask(`What do I know about ${mark('AskedOfRecords')}?`, { sessionId: online.answer.sessionId });
    await call('chat.saveDraft', { sessionId: online.answer.sessionId, text: mark('Draft') });
    for (const query of ['NoteBody', 'DocumentText']) expect((await call('search.query', { query: `${stems.ascii}${query}` })).hits.length).toBeGreaterThan(0);
    await call('search.query', { query: `${stems.ascii}Nowhere ${stems.utf8}` });

    link.pull();
    expect((await ask(`Remind me to ${mark('AskedOffline')} tomorrow at 9`)).answer).toMatchObject({ route: 'local', state: 'done' });
    const queued = await ask(`Write me a limerick about ${mark('AskedQueued')}`);
    expect(queued.answer.state).toBe('queued');
    expect(await found()).toEqual([]);
    link.plug();
    await call('queue.drain');
    await expect.poll(async () => (await call('queue.list')).jobs, { timeout: 10_000 }).toEqual([]);
    link.pull();
    expect((await ask(`Write me a sonnet about ${mark('AskedAndWaiting')}`)).answer.state).toBe('queued');
    link.plug();

    expect(await command('records add', ['records', 'add', 'note', '--fields', JSON.stringify({ title: mark('CommandNote') })])).toMatchObject({ code: 0 });
    expect(await command('chat', ['chat', `Add a task to ${mark('CommandChat')}`, '--offline', '--approve'])).toMatchObject({ code: 0 });
    expect(await command('search', ['search', '--stdin'], `${stems.ascii}NoteBody\n`)).toMatchObject({ code: 0 });
    expect(await command('understand', ['understand', '--stdin'], `Remind me to ${stems.ascii}Understood ${stems.utf8}\n`)).toMatchObject({ code: 0 });
    await call('chat.saveDraft', { sessionId: null, text: mark('DraftNew') });
    // What the command line shows is for its user; what it logs is not.
    for (const [index, [name]] of printed.entries()) if (name.startsWith('output of the command')) printed.splice(index, 1);
  });

  it('is said in the wrong place too', async () => {
    const { call, origin } = window;
    await expect(
      call('vault.setPassphrase', { current: { with: 'passphrase', passphrase: secrets['wrong passphrase'] }, passphrase: secrets['wrong passphrase'] }),
    ).rejects.toMatchObject({ code: 'vault.wrong_secret' });
    await expect(call('account.login', { email, password: secrets['wrong account password'] })).rejects.toMatchObject({ code: 'auth.invalid_credentials' });
    await expect(call('records.add', { type: 'task', fields: { title: [mark('AskedWrongly')], [stems.ascii]: stems.utf8 } })).rejects.toMatchObject({
      code: 'record.invalid',
    });
    put.delete('AskedWrongly');
    const said = `${stems.ascii} ${stems.utf8}`;
    const json = { 'content-type': 'application/json' };
    const api = `${link.url}/api/v1`;
    const answers = await Promise.all([
      fetch(`${api}/${encodeURIComponent(said)}?q=${encodeURIComponent(said)}`),
      fetch(`${api}/chat`, { method: 'POST', headers: json, body: `{"message":"${said}` }),
      fetch(`${api}/chat`, { method: 'POST', headers: { ...json, authorization: `Bearer ${stems.ascii}` }, body: JSON.stringify({ message: said }) }),
      fetch(`${api}/auth/login`, {
        method: 'POST',
        headers: { ...json, 'x-request-id': encodeURIComponent(said) },
        body: JSON.stringify({ email: said, password: said, [said]: said }),
      }),
      fetch(`${api}/auth/refresh`, { method: 'POST', headers: json, body: JSON.stringify({ refreshToken: stems.ascii.padEnd(43, 'x') }) }),
      fetch(`${api}/chat/runs/${encodeURIComponent(said)}`, { headers: { authorization: `Bearer ${[...tokens.values()].at(-1)}` } }),
      fetch(`${origin}/session`, { method: 'POST', headers: { ...json, origin }, body: JSON.stringify({ token: stems.ascii }) }),
      fetch(`${origin}/trpc/${encodeURIComponent(said)}?input=${encodeURIComponent(said)}`, {
        headers: { cookie: `adiuva-${new URL(origin).port}=${window.cookie}` },
      }),
    ]);
    expect(answers.map(({ status }) => status >= 400 && status < 500)).toEqual(answers.map(() => true));
  });

  it('can all be read in the open vault, so that there was something to find', async () => {
    const { call } = window;
    const { sessions } = await call('chat.sessions', { limit: 1_000 });
    const texts: unknown[] = [
      await call('settings.get'),
      await call('queue.list'),
      await call('activity.list', { limit: 1_000 }),
      await call('plans.list', { limit: 1_000 }),
    ];
    for (const { id: sessionId } of sessions)
      texts.push(sessions, await call('chat.messages', { sessionId, limit: 1_000 }), await call('chat.draft', { sessionId }));
    texts.push(await call('chat.draft', { sessionId: null }));
    for (const type of ['task', 'event', 'note', 'project', 'email'] as const) texts.push(await call('records.list', { type, limit: 1_000 }));
    const all = JSON.stringify(texts);
    expect([...put].filter((kind) => !all.includes(`${stems.ascii}${kind}`))).toEqual([]);
    expect(all).toContain(stems.utf8);
    markers();
    expect([...tokens.keys()].map((name) => name.split(' ')[0])).toEqual(expect.arrayContaining(['launch', 'cookie', 'accessToken', 'refreshToken']));
  });

  it('is nowhere while the vault is open, and nowhere once it is locked', async () => {
    expect(await found()).toEqual([]);
    expect(await window.call('vault.lock')).toMatchObject({ state: 'locked' });
    expect(await found()).toEqual([]);
    await window.call('vault.unlock', { with: 'passphrase', passphrase: secrets.passphrase });
  });

  it('is nowhere after both halves were killed in the middle of writing, and what was acknowledged is there', async () => {
    const { call } = window;
    let acknowledged = 0;
    const writes = Array.from({ length: 60 }, (_, index) =>
      call('records.add', { type: 'note', fields: { title: `${mark('Killed')}${index}`, body: mark('KilledBody').repeat(500) } }).then(({ record }) => {
        kept.set(record!.id, record!.fields);
        acknowledged += 1;
      }),
    );
    const settling = Promise.allSettled(writes);
    const asked = call('chat.send', { text: `Write me an ode on ${mark('AskedWhileKilled')}` }).then(
      () => 'asked',
      () => 'not asked',
    );
    await expect.poll(() => acknowledged, { interval: 2 }).toBeGreaterThan(5);
    lookAround();
    await Promise.all([kill(client, 'the client'), kill(cloud, 'the cloud')]);
    const settled = await settling;
    expect(settled.some(({ status }) => status === 'rejected')).toBe(true);
    expect(await asked).toMatch(/asked/);
    expect(await found()).toEqual([]);

    cloud = npmStart(['--cloud-only'], settings({ ADIUVA_CLOUD_PORT: '0' }));
    link.aim(Number(new URL(await cloud.ready('cloud')).port));
    await startClient();
    await window.call('vault.unlock', { with: 'phrase', phrase: words.join(' ') });
    for (const [id, fields] of kept) expect((await window.call('records.get', { id })).fields).toEqual(fields);
    expect((await window.call('account.state')).account?.email).toBe(email);
    expect((await window.ask(`Add a task to ${mark('AskedAfterwards')}`)).answer.route).toBe('cloud');
  });

  it('is nowhere once everything was closed', async () => {
    expect(await command('doctor', ['doctor'])).toMatchObject({ code: 0 });
    await window.call('account.logout');
    print('the client', await client.stop());
    print('the cloud', await cloud.stop());
    expect(await found()).toEqual([]);
    expect([...files]).toEqual(
      expect.arrayContaining([
        'home/adiuva/store.db',
        'home/adiuva/store.db-wal',
        'home/adiuva/vault.json',
        expect.stringMatching(/^home\/adiuva\/cloud\/pglite\/pg_wal\//),
      ]),
    );
    const said = printed.map(([, text]) => text).join('');
    expect(said.match(/"event":"request"/g)?.length).toBeGreaterThan(10);
    expect(said).toMatch(/"level":"debug"|"level":"info"/);
  });

  it('was in no argument and no environment of any process, and all they wrote was in our folders', async ({ skip }) => {
    if (seen.size === 0) skip('no /proc here');
    expect(seen.size).toBeGreaterThan(6);
    const all = markers();
    const [finder, secretFinder] = [new LeakFinder(all), new LeakFinder(all.filter(({ name }) => name !== 'content' && name !== 'account email'))];
    const leaks: Leak[] = [];
    for (const { pid, args, environment } of seen.values()) {
      const typedByUser = /infra\/bootstrap\/cli\.ts/.test(args);
      leaks.push(...(await (typedByUser ? secretFinder : finder).inText(args, `arguments of ${pid}: ${args.slice(0, 80)}`)));
      leaks.push(
        ...(await finder.inText(environment.replace(typedByUser ? /ADIUVA_PASSPHRASE=[^\0]*/ : /$^/, ''), `environment of ${pid}: ${args.slice(0, 80)}`)),
      );
    }
    expect(leaks).toEqual([]);
    // What is built at a start is the program itself.
    const ours = (file: string) =>
      [own.folder, ...['.cache', 'cloud/dist', 'desktop/dist'].map((place) => path.join(root, place))].some((place) => file.startsWith(`${place}/`));
    expect([...seen.values()].flatMap(({ writes }) => writes).filter((file) => !ours(file))).toEqual([]);
  });

  const content = `${stems.ascii}Planted ${stems.utf8}`;
  const utf16 = (text: string) => Buffer.from(text, 'utf16le');
  it.each<[string, Buffer | string, string]>([
    ['a file', content, 'utf8'],
    ['lower case, as in a search index', content.toLowerCase(), 'utf8'],
    ['UTF-16', utf16(content), 'utf16le'],
    ['JSON escapes', JSON.stringify(content).replaceAll(/[^\0-~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`), 'json'],
    ['an address', encodeURIComponent(content), 'url'],
    ['base64', `x${Buffer.from(`?${content}`).toString('base64url')}`, 'base64'],
    ['hex', Buffer.from(content).toString('hex').toUpperCase(), 'hex'],
    ['gzip', gzipSync(content), 'utf8 in gzip'],
    [
      'gzip in the middle of noise',
      Buffer.concat([systemRandom(5_000), gzipSync(`${random(3_000, 'abcdefghij')}${content}`), systemRandom(5_000)]),
      'utf8 in gzip',
    ],
    ['gzip twice over', gzipSync(Buffer.concat([systemRandom(99), gzipSync(utf16(content))])), 'utf16le in gzip in gzip'],
    ['zlib', deflateSync(content), 'utf8 in zlib'],
    ['zstd', zstdCompressSync(content.repeat(2)), 'utf8 in zstd'],
    ['brotli', brotliCompressSync(content.repeat(2)), 'utf8 in brotli'],
    ['the account password', secrets['account password'], 'utf8'],
    ['two of the words', '', 'utf8'],
    ['an access token', '', 'utf8'],
  ])('is found by the same walk when planted as %s', async (name, bytes, form) => {
    const late: Record<string, () => string> = {
      'two of the words': () => `the ${words.slice(3, 6).join(' ')} x`,
      'an access token': () => [...tokens].find(([kind]) => kind.startsWith('accessToken'))![1],
    };
    mkdirSync(at('tmp/planted'), { recursive: true });
    writeFileSync(at('tmp/planted/file'), late[name]?.() ?? bytes);
    try {
      const leaks = await found();
      expect(leaks.map(({ place }) => place)).toContain('tmp/planted/file');
      expect(new Set(leaks.map(({ place }) => place)).size).toBe(1);
      expect(leaks.map((leak) => leak.form)).toContain(form);
    } finally {
      rmSync(at('tmp/planted'), { recursive: true });
    }
  });

  it('is found in the name of a file, in what a process printed, and where the account email may not be', async () => {
    mkdirSync(at('tmp/planted', stems.ascii), { recursive: true });
    writeFileSync(at('tmp/planted', stems.ascii, 'x'), '');
    writeFileSync(at('home/adiuva/cloud/notes'), `to ${email}`);
    printed.push(['output of the client', `{"event":"${stems.utf8}"}`]);
    const leaks = await found();
    expect(leaks.map(({ place, marker }) => `${marker}: ${place}`)).toEqual([
      `account email: home/adiuva/cloud/notes`,
      `content: the name of tmp/planted/${stems.ascii}/x`,
      'content: output of the client',
    ]);
  });
});
