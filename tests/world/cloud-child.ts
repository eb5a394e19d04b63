import { createCloud } from './world.ts';

/** `node cloud-child.ts FOLDER PORT`: the cloud on its embedded defaults in a process of its own, to be killed. Says `ready PORT`. */
const [, script, folder, port] = process.argv;
if (script?.endsWith('cloud-child.ts') && folder) {
  const cloud = await createCloud({ ADIUVA_DEFAULT_TIER: 'team' }, {}, { folder, port: Number(port ?? 0) });
  process.stdout.write(`ready ${cloud.port()}\n`);
}
