import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { readProduction } from '../../src/client/production-mirrors.ts';
import type { RegistryName } from '../../src/reference.ts';
import { withTree } from '../manifest/written-tree.ts';

const REGISTRY = 'a.test/prod/images' as RegistryName;
const MANIFEST = `registries:
- name: staging.test/app
  src: true
- name: b.test/prod/images
  service-account: x@y.test
- name: b.test/prod/images/app
- name: a.test/prod/images
- name: c.test/prod/images/app
`;

describe('the mirrors of a production registry', () => {
  it('have its path on every host that a manifest promotes to', async () => {
    await withTree({ 'promoter-manifest.yaml': MANIFEST }, async (root) => {
      assert.deepEqual(await readProduction(REGISTRY, join(root, 'promoter-manifest.yaml')), {
        source: 'staging.test/app',
        registries: [REGISTRY, 'b.test/prod/images', 'c.test/prod/images'],
      });
    });
  });

  it('are not known where the manifest is wrong, with its line, or not there', async () => {
    await withTree({ 'm.yaml': `${MANIFEST}colour: red\n` }, async (root) => {
      const file = join(root, 'm.yaml');
      await assert.rejects(readProduction(REGISTRY, file), (error: Error) => {
        assert.match(error.message, /^the mirrors of a\.test\/prod\/images are not known: .*m\.yaml:9: .*colour/);
        return true;
      });
      await assert.rejects(readProduction(REGISTRY, join(root, 'none.yaml')), { code: 'ConfigInvalid' });
    });
  });

  it('can be listed at an address, which has to be one of HTTPS outside of this machine', async () => {
    const server = createServer(({ url }, response) => {
      response.writeHead(url === '/m.yaml' ? 200 : 404).end(MANIFEST);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      assert.equal((await readProduction(REGISTRY, `${at}/m.yaml`)).registries.length, 3);
      await assert.rejects(readProduction(REGISTRY, `${at}/other`), { message: /\/other answered 404\. PROMOTER_/ });
      await assert.rejects(readProduction(REGISTRY, 'http://mirrors.test/m.yaml'), { message: /begin with https/ });
    } finally {
      server.close();
    }
    await assert.rejects(readProduction(REGISTRY, `${at}/m.yaml`), { message: /ECONNREFUSED/ });
  });
});
