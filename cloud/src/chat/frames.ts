import { z } from 'zod';
import { serverFrame, type ServerFrame } from '@adiuva/shared/contracts/chat.ts';

type Numbered = Exclude<ServerFrame, { type: 'ping' }>;
/** A frame before a run gives it its number. */
export type FrameBody = Numbered extends infer F ? (F extends Numbered ? Omit<F, 'seq' | 'requestId'> : never) : never;

/** The shapes of the contract without their heads, by type: an object gives what it declares, and nothing else. */
const shapes: ReadonlyMap<string, z.ZodType> = new Map(
  serverFrame.options.map((shape) => {
    const { seq: _seq, requestId: _requestId, ...fields } = shape.shape;
    return [fields.type.value, z.object(fields)] as const;
  }),
);

/** A frame with its declared fields alone, at any depth: what a model or an agent put beside them stays here. Throws where a declared one does not fit. */
export function declared(body: FrameBody): FrameBody {
  // Most frames are tokens, and one string needs no schema.
  if (body.type === 'token') return { type: 'token', text: body.text };
  return shapes.get(body.type)!.parse(body) as FrameBody;
}
