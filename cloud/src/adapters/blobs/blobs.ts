/** Where a blob stands: bytes it has. */
export interface BlobInfo {
  readonly key: string;
  readonly size: number;
}

/** Bytes `start` to `end`, both counted from 0 and `end` included, as in HTTP. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Addresses that let whoever has them do one thing for a while, signed by this server, without it. */
export interface SignedLinks {
  /** For one `PUT` of exactly `size` bytes to a key that is free, with exactly these headers; 412 where it is taken. */
  put(key: string, size: number, seconds: number): Promise<{ url: string; headers: Record<string, string> }>;
  /** For `GET`. */
  get(key: string, seconds: number): Promise<string>;
}

/**
 * The blob port: opaque bytes under keys like `ab/cd-12`, written once and never changed. A key is made of parts of `A-Za-z0-9_-`
 * with `/` between, at most 500 characters; any other throws. Faults of the store are `AdiuvaError` `dependency.unavailable`.
 */
export interface Blobs {
  readonly engine: 'files' | 's3';
  /** Null where bytes have to go through this server. */
  readonly links: SignedLinks | null;
  /**
   * Stores `size` bytes under a key that is free. Nothing is visible before all of them are there and safe. `exists` leaves what is there. The memory of a piece
   * is the sender's again when the next piece is asked for.
   * @throws AdiuvaError `request.too_large` (above the cap, or more bytes than `size`) · `request.invalid` (fewer)
   */
  put(key: string, body: AsyncIterable<Uint8Array>, size: number): Promise<'created' | 'exists'>;
  /** Null when there is none. A range that begins behind the end throws `request.invalid`. */
  get(key: string, range?: ByteRange): Promise<{ size: number; body: AsyncIterable<Uint8Array> } | null>;
  head(key: string): Promise<BlobInfo | null>;
  /** False when there was none. */
  delete(key: string): Promise<boolean>;
  /** Every blob whose key begins with `prefix`, in no order to rely on. */
  list(prefix: string): AsyncIterable<BlobInfo>;
  probe(): Promise<void>;
  close(): Promise<void>;
}
