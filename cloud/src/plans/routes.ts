import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { llmStepReply, llmStepRequest, lockedPlaybook, signedPlaybook, type SignedPlaybook } from '@adiuva/shared/contracts/playbook.ts';
import { callerOf } from '../http/auth-guard.ts';
import { isFresh } from '../http/conditional.ts';
import type { LlmSteps } from './llm-step.ts';
import { tagOf, type CloudPlaybooks } from './playbooks.ts';

export interface PlanRoutesDeps {
  readonly playbooks: CloudPlaybooks;
  readonly llmSteps: LlmSteps;
}

const nothing = z.undefined().describe('still the same');
const tags = ['plans'];
/** Those of the service are everybody's; what an account shares is its own. */
const one = { owned: 'playbook', param: 'id', missing: 'playbook.not_found' } as const;
/** 48,000 characters of variables, in any script. */
const stepBytes = 256 * 1024;
/** Asked again each time, because a tier may have changed; kept by the client alone. */
const caching = 'private, no-cache';

/** `/plans…` of `docs/wire.md`. Registered under `/api/v1`. */
export function planRoutes({ playbooks, llmSteps }: PlanRoutesDeps): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/plans/playbook',
      {
        config: { access: 'caller' },
        schema: { tags, response: { 200: z.object({ playbooks: z.array(signedPlaybook), locked: z.array(lockedPlaybook) }), 304: nothing } },
      },
      async (request, reply) => {
        const shelf = await playbooks.shelfOf(callerOf(request));
        reply.headers({ etag: shelf.etag, 'cache-control': caching });
        if (isFresh(request.headers, shelf)) return reply.code(304).send();
        return { playbooks: [...shelf.playbooks], locked: [...shelf.locked] };
      },
    );

    app.get(
      '/plans/playbook/:id',
      { config: { access: one }, schema: { tags, params: z.object({ id: z.string() }), response: { 200: signedPlaybook, 304: nothing } } },
      async (request, reply) => {
        const playbook: SignedPlaybook = await playbooks.one(callerOf(request), request.params.id);
        const etag = tagOf(null, [playbook]);
        reply.headers({ etag, 'cache-control': caching });
        if (isFresh(request.headers, { etag })) return reply.code(304).send();
        return playbook;
      },
    );

    app.post(
      '/plans/llm-step',
      { config: { access: 'caller' }, bodyLimit: stepBytes, schema: { tags, body: llmStepRequest, response: { 200: llmStepReply } } },
      async (request, reply) => {
        const gone = new AbortController();
        reply.raw.once('close', () => gone.abort());
        const { templateId, variables } = request.body;
        return llmSteps.run(callerOf(request).tier, templateId, variables, gone.signal);
      },
    );
  };
}
