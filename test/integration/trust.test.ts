import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import type { RepositoryName } from '../../src/reference.ts';
import { DEFAULT_EMAIL } from '../../src/stack/sigstore/oidc-issuer.ts';
import type { promotion } from '../../src/workflows/index.ts';
import { report, retryPhase, type PromotionReport } from '../../src/workflows/messages.ts';
import type { PromotionRequest } from '../../src/workflows/promotion-request.ts';
import { startProduction, type Production } from '../support/production.ts';
import { startPromotionService, type PromotionService } from '../support/promotion-service.ts';
import { startRegistryProxy, type RegistryProxy } from '../support/registry-proxy.ts';
import { runScript } from '../support/script.ts';
import { startSigningStack, type SigningStack } from '../support/signing-stack.ts';
import { waitFor } from '../support/waiting.ts';

const IMAGES = 6;
const PUBLIC = 'images.example.test';
const PROMOTION = 'https://k8s.io/promo-tools/promotion/v1';

describe('a promotion that signs and attests', () => {
  let stack: SigningStack;
  let log: RegistryProxy;
  let production: Production;
  let service: PromotionService;
  before(async () => {
    stack = await startSigningStack();
    // In front of the log, so that it can be made to fail.
    log = await startRegistryProxy({ backend: new URL(stack.sigstore.rekorV1Url ?? '') });
  });
  after(async () => {
    await log.close();
    await stack.stop();
  });
  beforeEach(async () => {
    log.setFaults([]);
    log.clear();
    production = await startProduction({ images: IMAGES, mirrors: 2 });
    const signingConfig = join(production.directory, 'signing_config.json');
    const config = await readFile(stack.sigstore.signingConfigFile, 'utf8');
    await writeFile(signingConfig, config.replaceAll(stack.sigstore.rekorV1Url ?? '', log.url));
    service = await startPromotionService({
      directory: production.directory,
      environment: {
        PROMOTER_TRUSTED_ROOT: stack.sigstore.trustedRootFile,
        PROMOTER_SIGNING_CONFIG: signingConfig,
        PROMOTER_IDENTITY_TOKEN_URL: stack.sigstore.tokenUrl,
        PROMOTER_IDENTITIES: `production=${PUBLIC}`,
        PROMOTER_CANONICAL_HOST: production.mirrors[0]?.host ?? '',
      },
    });
  });
  afterEach(async () => {
    await service.stop();
    await production.stop();
  });

  async function start(request: Partial<PromotionRequest> = {}): Promise<WorkflowHandle<typeof promotion>> {
    const manifests = await service.upload(production.directory);
    return service.client.workflow.start<typeof promotion>('promotion', {
      taskQueue: 'promotion',
      workflowId: randomUUID(),
      args: [{ manifests, confirm: true, ...request }],
    });
  }

  const promote = async (request: Partial<PromotionRequest> = {}): Promise<PromotionReport> =>
    (await start(request)).result();

  /** Every image at every mirror, as cosign wants to be told. */
  function images(): readonly string[] {
    return production.mirrors.flatMap((mirror) =>
      [...production.wanted].map(
        ([reference, digest]) => `${mirror.host}/production/${reference.split(':')[0]}@${digest}`,
      ),
    );
  }

  async function assertSigned(): Promise<void> {
    for (const image of images()) {
      for (const version of [3, 2] as const) {
        const { approved, output } = await stack.cosignVerify(version, image, DEFAULT_EMAIL);
        assert.ok(approved, `cosign ${version} of ${image}: ${output}`);
      }
    }
  }

  const entries = (): number => log.log().filter(({ method, status }) => method === 'POST' && status === 201).length;
  const writes = (): number =>
    production.mirrors.reduce((sum, mirror) => sum + (mirror.counts()['manifest.put'] ?? 0), 0);

  it('leaves both of cosign’s formats and an attestation on every mirror, and nothing to do for the next run', async () => {
    const result = await promote();
    assert.equal(result.outcome, 'done');
    assert.deepEqual([result.signatures?.signed, result.signatures?.attested], [IMAGES, IMAGES]);
    await assertSigned();
    for (const image of images().slice(0, 2)) {
      const flags = ['--allow-http-registry', '--type', PROMOTION, '--certificate-identity', DEFAULT_EMAIL];
      const trust = [
        '--certificate-oidc-issuer',
        stack.sigstore.issuerUrl,
        '--trusted-root',
        stack.sigstore.trustedRootFile,
      ];
      const { approved, output } = await stack.cosign(3, ['verify-attestation', ...flags, ...trust, image]);
      assert.ok(approved, output);
    }
    const [image = ''] = images();
    const verify = ['verify', image, '--trusted-root', stack.sigstore.trustedRootFile];
    const told = await runScript('src/client/main.ts', verify).ended;
    assert.equal(told.exit, 0, told.stderr);
    for (const line of [
      /✓ signature \(sig-tag\): verified: by promoter@/,
      /✓ signature \(bundle\)/,
      /✓ attestation https:\/\/k8s/,
    ]) {
      assert.match(told.stdout, line);
    }
    const stranger = [
      '--certificate-identity',
      'stranger@example.test',
      '--certificate-oidc-issuer',
      'https://example.test',
    ];
    const refused = await runScript('src/client/main.ts', [...verify, ...stranger, '--json']).ended;
    assert.equal(refused.exit, 1);
    assert.match(refused.stdout, /"status": "untrusted-identity"/);
    const made = entries();
    assert.equal(made, 3 * IMAGES, 'one entry for each format and attestation');
    for (const mirror of production.mirrors) mirror.clear();
    const again = await promote();
    assert.equal(again.outcome, 'done');
    assert.equal(entries(), made);
    const asked = production.mirrors.flatMap((mirror) => mirror.log()).filter((entry) => entry.class !== 'ping');
    assert.ok(
      asked.every(
        (entry) => entry.class === 'tags.list' || (entry.class === 'manifest.head' && !entry.path.includes('sha256-')),
      ),
      'an unchanged production costs no request for signatures',
    );
  });

  it('signs what an earlier run promoted without signing', async () => {
    await promote({ sign: false });
    assert.equal(entries(), 0);
    const result = await promote();
    assert.deepEqual([result.copied.edges, result.signatures?.signed], [0, IMAGES]);
    await assertSigned();
  });

  it('leaves alone what was promoted long ago, unless it is told to sign that too, once', async () => {
    await promote({ sign: false });
    // As if it had been promoted before there was a plan store.
    await rm(join(production.directory, 'plans', 'names', 'debts'), { recursive: true });
    assert.equal((await promote()).signatures, undefined);
    assert.equal(entries(), 0);
    const result = await promote({ signExisting: true });
    assert.deepEqual([result.copied.edges, result.signatures?.signed], [0, IMAGES]);
    await assertSigned();
    for (const mirror of production.mirrors) mirror.clear();
    assert.equal((await promote({ signExisting: true })).signatures, undefined);
    const asked = production.mirrors.flatMap((mirror) => mirror.log()).filter(({ path }) => path.includes('sha256-'));
    assert.deepEqual(asked, [], 'what is known to be signed costs no request');
  });

  it('signs once where a mirror is added later, and hands that to it', async () => {
    const [canonical] = production.mirrors;
    assert.ok(canonical);
    await production.writeManifests([canonical.host]);
    await promote();
    const made = entries();
    await production.writeManifests(production.mirrors.map(({ host }) => host));
    const result = await promote();
    assert.deepEqual([result.signatures?.signed, result.signatures?.attested], [0, 0]);
    assert.equal(entries(), made);
    await assertSigned();
  });

  it('holds while the log refuses, and a retry completes it without copying or signing anything twice', async () => {
    log.setFaults([{ path: /entries$/, skip: IMAGES, action: { status: 500 } }]);
    const policies = { sign: { attempts: 1 } };
    const handle = await start({ policies });
    await waitFor(async () => (await handle.query(report)).outcome === 'held');
    const held = await handle.query(report);
    assert.equal(held.hold?.phase, 'sign');
    assert.match(held.hold?.reason ?? '', /answered 500/);
    const copied = writes();
    log.setFaults([]);
    await handle.executeUpdate(retryPhase, { args: [undefined] });
    const result = await handle.result();
    assert.equal(result.outcome, 'done');
    await assertSigned();
    assert.equal(entries(), 3 * IMAGES, 'nothing was logged twice');
    const tags = production.mirrors
      .flatMap((mirror) => mirror.log())
      .filter(({ path, method }) => method === 'PUT' && /\/manifests\/v1\./.test(path));
    assert.equal(tags.length, 2 * IMAGES);
    assert.ok(writes() > copied);
  });

  it('lets sign be skipped, with attest, and owes the signatures to the next run', async () => {
    log.setFaults([{ path: /entries$/, action: { status: 500 } }]);
    const handle = await start({ policies: { sign: { attempts: 1 } } });
    await waitFor(async () => (await handle.query(report)).outcome === 'held');
    await handle.executeUpdate('skipPhase', { args: [{ reason: 'the log is down for maintenance' }] });
    const skipped = await handle.result();
    assert.deepEqual(
      skipped.phases.slice(5).map(({ state }) => state),
      ['skipped', 'skipped'],
    );
    log.setFaults([]);
    assert.equal((await promote()).signatures?.attested, IMAGES);
    await assertSigned();
  });

  it('keeps images out that a stranger signed, and promotes the rest', async () => {
    const [first] = production.wanted;
    assert.ok(first);
    const [reference, digest] = first;
    const repository = `${production.staging.host}/staging/${reference.split(':')[0]}` as RepositoryName;
    const stranger = ['sign', '-y', '--allow-http-registry', '--signing-config', stack.sigstore.signingConfigFile];
    const token = await (await fetch(`${stack.sigstore.tokenUrl}?email=stranger@example.test`)).text();
    const trust = ['--trusted-root', stack.sigstore.trustedRootFile, '--identity-token', token];
    const signed = await stack.cosign(3, [...stranger, ...trust, `${repository}@${digest}`]);
    assert.ok(signed.approved, signed.output);
    const result = await promote({ sign: false });
    assert.equal(result.outcome, 'quarantined');
    assert.equal(result.quarantine.edges, 2);
    assert.match(result.quarantine.samples[0]?.message ?? '', /stranger@example\.test/);
    for (const mirror of production.mirrors) assert.equal((await production.missing(mirror)).length, 1);
  });

  it('leaves no token, key or credential in any history or in the server’s database', async () => {
    const handle = await start();
    await handle.result();
    const history = JSON.stringify(await handle.fetchHistory());
    const files = (await readdir(production.directory)).filter((name) => name.startsWith('temporal.db'));
    assert.ok(files.length > 0);
    const texts = [
      history,
      ...(await Promise.all(files.map((name) => readFile(join(production.directory, name), 'latin1')))),
    ];
    for (const text of texts) {
      assert.doesNotMatch(text, /eyJ[\w-]{10,}\.eyJ[\w-]{10,}\./, 'a JSON web token');
      assert.doesNotMatch(text, /PRIVATE KEY|Authorization|Bearer /i);
    }
  });
});
