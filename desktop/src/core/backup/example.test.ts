import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { manualClock } from '@adiuva/shared/kit/clock.ts';
import { base64url } from '@adiuva/shared/kit/ids.ts';
import { argon2id, hkdf, openMessage, openPage, pageKeys, print, sealMessage } from '../crypto.ts';
import { random, scratch } from './backup-world.suite.ts';
import { folderTarget } from './folder.ts';
import { contextOf, decodeDelta, decodeList, fileDigest, openObject, padded, sealObject, tagsOf, type BlobType } from './format.ts';
import { openManifest, previousOf, sealManifest, type Manifest } from './manifest.ts';
import { checkHead, headOf, keysOf, openEnvelope, openEscrow, parseEnvelope, rewrap, sealEscrow } from './keys.ts';

interface Steps {
  context: string;
  salt: string;
  commitment: string;
  sealed: string;
}
interface Piece extends Steps {
  print: string;
  name: string;
  type: BlobType | 'manifest';
  contentBytes: number;
  content: string;
  paddedBytes: number;
  sealedBytes: number;
}
interface Example {
  phrase: string;
  stretched: string;
  wrapping: string;
  master: string;
  repository: string;
  epoch: number;
  keys: Record<'blob' | 'manifest' | 'name' | 'print' | 'head' | 'digest' | 'escrow', string>;
  envelope: Steps & { id: string; json: { argon: { salt: string; timeCost: number; memoryKiB: number; parallelism: number } } };
  store: { key: string; salt: string; macKey: string; file: string };
  sealing: (Omit<Steps, 'sealed'> & { plainBytes: number; sealedBytes: number; sealedSha256: string; lastBytes: string })[];
  objects: Piece[];
  backups: { fileDigest: string; escrow: Steps; manifest: Manifest; object: Piece; head: object }[];
}

const example = JSON.parse(readFileSync(new URL('../../../../docs/backup-example.json', import.meta.url), 'utf8')) as Example;
const hex = (text: string) => Buffer.from(text, 'hex');
const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const raw = (text: string) => Buffer.from(text, 'base64url');
/** Gives these bytes one after another, and fails where another number is asked for. */
const giving =
  (...parts: Buffer[]) =>
  (size: number) => {
    expect(parts[0]?.length).toBe(size);
    return parts.shift()!;
  };
const { repository, epoch } = example;
const keys = keysOf({ repository, epoch, bmk: hex(example.master) });
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

describe('the example of the format, made by other code from the same page', () => {
  it('has the keys of its phrase', async () => {
    const { argon } = example.envelope.json;
    const stretched = await argon2id(new TextEncoder().encode(example.phrase), raw(argon.salt), argon);
    expect([toHex(stretched), toHex(hkdf(stretched, new Uint8Array(), 'adiuva/backup/1/wrapping'))]).toEqual([example.stretched, example.wrapping]);
    for (const [purpose, bytes] of Object.entries(example.keys))
      expect([purpose, toHex(keys[purpose as keyof Example['keys']].export())]).toEqual([purpose, bytes]);
  });

  it('has the same envelope, byte for byte, and its words open it', async () => {
    expect(await openEnvelope(example.envelope.json, example.phrase)).toEqual({ repository, epoch, bmk: hex(example.master) });
    const ours = await rewrap(
      { repository, epoch, bmk: hex(example.master) },
      example.phrase,
      giving(raw(example.envelope.json.argon.salt), hex(example.envelope.salt)),
      {
        timeCost: example.envelope.json.argon.timeCost,
        memoryKiB: example.envelope.json.argon.memoryKiB,
        parallelism: example.envelope.json.argon.parallelism,
      },
    );
    expect(ours).toEqual(example.envelope.json);
    expect(text(contextOf(repository, epoch, 'envelope', example.envelope.id))).toBe(example.envelope.context);
  });

  it('seals the same at every edge', () => {
    for (const each of example.sealing) {
      const plain = Uint8Array.from({ length: each.plainBytes }, (_, at) => at);
      const sealed = sealMessage(keys.blob, plain, new TextEncoder().encode(each.context), giving(hex(each.salt)));
      expect([sealed.length, createHash('sha256').update(sealed).digest('hex'), toHex(sealed.subarray(-32)), toHex(sealed.subarray(24, 56))]).toEqual([
        each.sealedBytes,
        each.sealedSha256,
        each.lastBytes,
        each.commitment,
      ]);
      expect(openMessage(keys.blob, sealed, new TextEncoder().encode(each.context))).toEqual(Buffer.from(plain));
    }
  });

  it.each([...example.objects, ...example.backups.map(({ object }) => object)])('has the same $type under the same name', (piece) => {
    const content = raw(piece.content);
    const ours = sealObject(keys, piece.type, content, giving(hex(piece.salt)));
    expect(toHex(print(keys.print, content))).toBe(piece.print);
    expect([ours.id, base64url(ours.sealed), content.length, Buffer.concat(padded(content)).length]).toEqual([
      piece.name,
      piece.sealed,
      piece.contentBytes,
      piece.paddedBytes,
    ]);
    expect(Buffer.compare(openObject(keys, piece.type, piece.name, raw(piece.sealed)), content)).toBe(0);
    expect(text(contextOf(repository, epoch, piece.type, piece.name))).toBe(piece.context);
  });

  it('has the same manifests, heads and escrow', () => {
    for (const { manifest, object, head, escrow } of example.backups) {
      expect(openManifest(keys, object.name, raw(object.sealed))).toEqual(manifest);
      expect(base64url(sealManifest(keys, manifest, giving(hex(object.salt))).sealed)).toBe(object.sealed);
      expect(checkHead(keys, head)).toEqual(headOf(keys, manifest.generation, object.name));
      const made = { key: hex(example.store.key), salt: hex(example.store.salt) };
      expect(openEscrow(keys, manifest.vaultId, escrow.sealed)).toEqual(made);
      expect(sealEscrow(keys, manifest.vaultId, made, giving(hex(escrow.salt)))).toBe(manifest.escrow);
    }
    const [first, second] = example.backups;
    expect(previousOf({ id: first!.object.name, sealed: raw(first!.object.sealed) })).toEqual(second!.manifest.previous);
  });

  it('gives the file, page for page, with its digest', () => {
    const piece = (type: string) => example.objects.find((each) => each.type === type)!;
    const file = raw(piece('base').content);
    expect(decodeList(raw(piece('list').content))).toEqual([piece('base').name]);
    expect(fileDigest(keys, [tagsOf(file)])).toBe(example.backups[0]!.manifest.fileDigest);
    for (const { number, page } of decodeDelta(raw(piece('delta').content))) file.set(page, number * 4_096);
    expect([base64url(file), fileDigest(keys, [tagsOf(file)])]).toEqual([example.store.file, example.backups[1]!.manifest.fileDigest]);
    const pages = pageKeys(hex(example.store.key), hex(example.store.salt));
    expect(toHex(pages.mac.export())).toBe(example.store.macKey);
    expect(text(openPage(file.subarray(0, 4_096), 0, pages)!.subarray(0, 15))).toBe('SQLite format 3');
    expect(text(openPage(file.subarray(4_096), 1, pages)!.subarray(8, 13))).toBe('after');
    expect(openPage(file.subarray(4_096), 2, pages)).toBeNull();
  });

  it('lies in a folder as the page says', async () => {
    const path = join(scratch(), 'a');
    const target = folderTarget({ path, clock: manualClock(), random });
    await target.putEnvelope(parseEnvelope(example.envelope.json), null);
    for (const { name, sealed } of example.objects) await target.put(name, raw(sealed));
    for (const { object, head, manifest } of example.backups) {
      const commit = {
        expected: manifest.previous?.manifest ?? null,
        head: checkHead(keys, head),
        manifest: object.sealed,
        objects: example.objects.map(({ name }) => name),
      };
      await target.commit(commit);
    }
    const read = (...names: string[]) => readFileSync(join(path, ...names));
    expect(JSON.parse(read('adiuva-backup.json').toString())).toEqual({ format: 'adiuva-backup', version: 1 });
    expect(JSON.parse(read('head.json').toString())).toEqual(example.backups[1]!.head);
    for (const { name, sealed } of example.objects) expect(base64url(read('objects', name.slice(0, 2), name))).toBe(sealed);
    for (const { object } of example.backups) expect(base64url(read('manifests', object.name))).toBe(object.sealed);
  });

  it('laid by hand into a folder is read from it', async () => {
    const path = scratch();
    const write = (names: string[], data: string | Buffer) => {
      mkdirSync(join(path, ...names.slice(0, -1)), { recursive: true });
      writeFileSync(join(path, ...names), data);
    };
    write(['adiuva-backup.json'], '{ "format": "adiuva-backup", "version": 1 }');
    write(['envelope.json'], JSON.stringify(example.envelope.json));
    write(['head.json'], JSON.stringify(example.backups[1]!.head));
    for (const { object } of example.backups) write(['manifests', object.name], raw(object.sealed));
    for (const { name, sealed } of example.objects) write(['objects', name.slice(0, 2), name], raw(sealed));
    const target = folderTarget({ path, clock: manualClock(), random });
    const { bmk } = await openEnvelope(await target.envelope(), example.phrase);
    const { entry, manifest } = (await target.newest())!;
    const opened = openManifest(keysOf({ repository, epoch, bmk }), entry.manifest, manifest);
    expect(opened).toEqual(example.backups[1]!.manifest);
    expect(await Promise.all(example.objects.map(async ({ name }) => base64url(await target.get(name))))).toEqual(example.objects.map(({ sealed }) => sealed));
    expect(existsSync(join(path, 'adiuva-backup.lock'))).toBe(false);
  });
});
