import { canonicalJson, type ExecutionPlan } from '@adiuva/shared/contracts/plan.ts';

async function sha256(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
}

const hex = (bytes: Uint8Array) => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');

/** SHA-256 (64 hex digits) of canonical JSON. */
export const hashOf = async (value: unknown): Promise<string> => hex(await sha256(canonicalJson(value)));

/** The id of what a step makes: the same plan makes the same ids, however often it is run. A UUID version 8 (RFC 9562 §5.8). */
async function stepId(planId: string, index: number): Promise<string> {
  const bytes = (await sha256(`${planId}:${index}`)).slice(0, 16);
  bytes[6] = 0x80 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  const h = hex(bytes);
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`;
}

/** One id a step. */
export const stepIds = (plan: ExecutionPlan): Promise<string[]> => Promise.all(plan.steps.map((_, index) => stepId(plan.id, index)));
