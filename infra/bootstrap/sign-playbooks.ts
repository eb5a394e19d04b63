import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parsePlaybook, signedBytes, type SignedPlaybook } from '../../shared/src/contracts/playbook.ts';

/**
 * Signs the playbooks: checks each, signs those whose signature is not of this key or does not hold, and writes the basic ones and the public key to where the client
 * takes them from. The private key is the file that `ADIUVA_PUBLISHER_KEY` names (PKCS #8, PEM), else one in `.cache`, which is made where there is none: that is
 * for development, where another key may follow at any time.
 */
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const at = (file: string) => path.join(root, file);
const files = {
  all: at('cloud/src/plans/playbooks.json'),
  bundled: at('desktop/src/core/playbooks/bundled.json'),
  keys: at('desktop/src/core/playbooks/publisher-keys.json'),
};

type Unsigned = Record<string, unknown> & { signature?: SignedPlaybook['signature'] };

const read = <T>(file: string): T => JSON.parse(readFileSync(file, 'utf8')) as T;
const write = (file: string, value: unknown) => writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);

function privateKey(): KeyObject {
  const file = process.env['ADIUVA_PUBLISHER_KEY'] ?? at('.cache/publisher-key.pem');
  if (!existsSync(file)) {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  }
  return createPrivateKey(readFileSync(file));
}

const key = privateKey();
const x = createPublicKey(key).export({ format: 'jwk' }).x!;
const keyId = x.slice(0, 16);

function signed(playbook: Unsigned): Unsigned {
  const { signature: _before, ...document } = playbook;
  parsePlaybook(document);
  const value = sign(null, signedBytes(document), key).toString('base64url');
  return { ...document, signature: { keyId, value } };
}

const all = read<Unsigned[]>(files.all).map(signed);
write(files.all, all);
write(
  files.bundled,
  all.filter((playbook) => playbook['set'] === 'basic'),
);
write(files.keys, { [keyId]: x });
process.stdout.write(`signed ${all.length} playbooks with the key ${keyId}\n`);
