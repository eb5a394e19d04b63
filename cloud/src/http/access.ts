import type { ErrorCode } from '@adiuva/shared/contracts/errors.ts';
import type { TierName } from '@adiuva/shared/contracts/billing.ts';

/** Who sent a request. */
export interface Caller {
  readonly userId: string;
  readonly sessionId: string;
  readonly tier: TierName;
  readonly seats: number;
}

/** Kinds of things that belong to one user and have an id in a route's path. The test with a stranger's ids makes one of each. */
export type Owned = 'session' | 'run' | 'backup' | 'object' | 'playbook';

/**
 * Whose things a route touches; every route says it, or it cannot be registered.
 * `anyone`: nobody's. `optional`: a token is checked when there is one (sockets, whose token may come in the first message).
 * `caller`: the caller's own, found by the token alone. An object: the one of its kind that the path parameter names, and the code that
 * answers when the caller has none such, whether or not another user does. `makes`: the caller makes one under the id that the parameter
 * names, among its own; what another user has under the same id is another one.
 */
export type Access =
  | 'anyone'
  | 'optional'
  | 'caller'
  | { readonly owned: Owned; readonly param: string; readonly missing: ErrorCode }
  | { readonly makes: Owned; readonly param: string };

/** Which count a request adds to; the table of limits is in `rate-limit.ts`. */
export type Bucket = 'requests' | 'objects';

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
    /** Absent: `requests`. */
    bucket?: Bucket;
    /** The route watches over the pace of its body itself; absent: a body has to be there within 30 seconds. */
    slowBody?: true;
    /** Codes for faults of single body fields that have their own; otherwise `request.invalid`. */
    faults?: Readonly<Record<string, ErrorCode>>;
  }
  interface FastifyRequest {
    /** Null where no token was given and none is needed. */
    caller: Caller | null;
  }
}
