import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { BlobInfo, Blobs, ByteRange, SignedLinks } from './blobs.ts';
import { blobCap, checkKey, checkPrefix, checkSize, rangeWithin, sized } from './checked.ts';

export interface S3Options {
  readonly bucket: string;
  readonly region: string;
  readonly endpoint?: string;
  readonly forcePathStyle: boolean;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Bytes of one blob, at most; S3 takes 5 GB in one request. */
  readonly cap?: number;
  /** Keys asked for at once in a list; S3 gives 1,000 at most. */
  readonly pageSize?: number;
}

const quiet = () => {};
const silence = { trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet };

/** Blobs in a bucket that exists. */
export async function openS3Blobs({ bucket, cap = blobCap, pageSize = 1_000, accessKeyId, secretAccessKey, ...place }: S3Options): Promise<Blobs> {
  const client = new S3Client({
    ...place,
    credentials: { accessKeyId, secretAccessKey },
    // The newer default wraps the body in checksum chunks, which stores of other vendors keep as part of the object.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // Its own words would go to the console; what went wrong comes as an error.
    logger: silence,
  });
  const at = (key: string) => ({ Bucket: bucket, Key: checkKey(key) });
  const head = async (key: string): Promise<BlobInfo | null> => {
    const found = await client.send(new HeadObjectCommand(at(key))).catch(nullWhenMissing);
    return found && { key, size: found.ContentLength ?? 0 };
  };
  return {
    engine: 's3',
    links: signedLinks(client, at, cap),
    head,
    put: async (key, body, size) => {
      const place = at(key);
      checkSize(size, cap);
      if (await head(key)) return 'exists';
      return putNew(client, place, body, size);
    },
    get: async (key, range) => {
      const info = await head(key);
      if (!info) return null;
      const bytes = range && rangeWithin(range, info.size);
      const found = await client
        .send(new GetObjectCommand({ ...at(key), ...(bytes && { Range: `bytes=${bytes.start}-${bytes.end}` }) }))
        .catch(nullWhenMissing);
      return found && { size: info.size, body: bytes ? cut(found, bytes) : (found.Body as Readable) };
    },
    delete: async (key) => {
      // S3 does not say whether there was anything.
      if (!(await head(key))) return false;
      await client.send(new DeleteObjectCommand(at(key))).catch(nullWhenMissing);
      return true;
    },
    list: (prefix) => pages(client, { Bucket: bucket, Prefix: checkPrefix(prefix), MaxKeys: pageSize }),
    probe: async () => void (await client.send(new HeadBucketCommand({ Bucket: bucket })).catch(throwPortFault)),
    close: async () => client.destroy(),
  };
}

type At = (key: string) => { Bucket: string; Key: string };

function signedLinks(client: S3Client, at: At, cap: number): SignedLinks {
  const sign = async (command: PutObjectCommand | GetObjectCommand, seconds: number, headers: string[]) => {
    const { getSignedUrl } = await import('@aws-sdk/s3-request-presigner');
    return getSignedUrl(client, command, { expiresIn: seconds, signableHeaders: new Set(['host', ...headers]), unhoistableHeaders: new Set(headers) });
  };
  return {
    put: async (key, size, seconds) => {
      checkSize(size, cap);
      const headers = { 'content-length': String(size), 'if-none-match': '*' };
      const command = new PutObjectCommand({ ...at(key), ContentLength: size, IfNoneMatch: '*' });
      return { url: await sign(command, seconds, Object.keys(headers)), headers };
    },
    get: (key, seconds) => sign(new GetObjectCommand(at(key)), seconds, []),
  };
}

async function putNew(client: S3Client, place: { Bucket: string; Key: string }, body: AsyncIterable<Uint8Array>, size: number): Promise<'created' | 'exists'> {
  const stream = Readable.from(copied(sized(body, size)), { objectMode: false });
  // What is wrong with the body ends the upload; S3 keeps nothing of one that ended early.
  const cut = new AbortController();
  let fault: Error | undefined;
  stream.once('error', (error) => {
    fault = error;
    cut.abort();
  });
  try {
    await client.send(new PutObjectCommand({ ...place, Body: stream, ContentLength: size, IfNoneMatch: '*' }), { abortSignal: cut.signal });
    return 'created';
  } catch (error) {
    if (fault) throw fault;
    if (statusOf(error) === 412) return 'exists';
    throw asPortFault(error);
  } finally {
    stream.destroy();
  }
}

/** A stream reads ahead, so what it holds is its own. */
async function* copied(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) yield Uint8Array.from(chunk);
}

/** The bytes of a range, also from a store that gives more than it was asked for; one that ignored where to begin is of no use. */
function cut({ Body, ContentRange }: GetObjectCommandOutput, { start, end }: ByteRange): AsyncIterable<Uint8Array> {
  if (start > 0 && !ContentRange?.startsWith(`bytes ${start}-`)) throw new AdiuvaError('dependency.unavailable', { detail: 'the blob store ignores ranges' });
  return first(Body as Readable, end - start + 1);
}

async function* first(body: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array> {
  let left = bytes;
  for await (const chunk of body) {
    yield chunk.subarray(0, left);
    left -= chunk.byteLength;
    if (left <= 0) return;
  }
}

async function* pages(client: S3Client, wanted: ListObjectsV2CommandInput): AsyncGenerator<BlobInfo> {
  let next: string | undefined;
  do {
    const page = await client.send(new ListObjectsV2Command({ ...wanted, ContinuationToken: next })).catch(throwPortFault);
    for (const { Key: key, Size: size } of page.Contents ?? []) if (key) yield { key, size: size ?? 0 };
    next = page.NextContinuationToken;
  } while (next);
}

const statusOf = (error: unknown) => (error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined);

function nullWhenMissing(error: unknown): null {
  if (statusOf(error) === 404) return null;
  throw asPortFault(error);
}

function throwPortFault(error: unknown): never {
  throw asPortFault(error);
}

/** Every other fault is the store's or the way to it: the caller can only try again. */
const asPortFault = (cause: unknown) => new AdiuvaError('dependency.unavailable', { cause, retryAfter: 5 });
