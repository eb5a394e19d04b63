import Fastify, { type FastifyInstance, type RouteOptions } from 'fastify';
import { z } from 'zod';
import { problem } from '@adiuva/shared/contracts/problem.ts';

/** Remembers every route from here on and gives the OpenAPI document of them, made when it is first asked for. */
export function describeRoutes(app: FastifyInstance, version: string): () => Promise<object> {
  const routes: RouteOptions[] = [];
  let document: Promise<object> | undefined;
  app.addHook('onRoute', (route) => {
    if (route.method !== 'HEAD') routes.push(route);
  });
  return () => (document ??= writeDocument(routes, version));
}

/** A second app with the same schemas and no handlers carries the generator, which the running one need not load. */
async function writeDocument(routes: readonly RouteOptions[], version: string): Promise<object> {
  const [{ default: swagger }, { jsonSchemaTransform }] = await Promise.all([import('@fastify/swagger'), import('fastify-type-provider-zod')]);
  const paper = Fastify();
  paper.setValidatorCompiler(() => () => true);
  paper.setSerializerCompiler(() => JSON.stringify);
  await paper.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Adiuva cloud', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } as { name: string } },
      servers: [{ url: '/' }],
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
    },
    transform: jsonSchemaTransform,
  });
  for (const route of routes) paper.route({ method: route.method, url: route.url, schema: withCommonParts(route), handler: () => {} });
  await paper.ready();
  const document = paper.swagger();
  await paper.close();
  return document;
}

/** What every route has: errors as problem details, and a token where its access asks for one. */
function withCommonParts({ schema, config }: RouteOptions): object {
  const response = {
    ...(schema?.response as object | undefined),
    default: { description: 'What went wrong', content: { 'application/problem+json': { schema: problem } } },
  };
  const open = config?.access === 'anyone';
  return { ...schema, response, security: open ? [] : config?.access === 'optional' ? [{}, { bearer: [] }] : [{ bearer: [] }] };
}

export const anyObject = z.looseObject({});
