import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { EdgeStory } from '../../src/client/why/story.ts';
import type { LoggedSignature } from '../../src/client/report/facts.ts';
import type { RunTraffic } from '../../src/client/report/traffic.ts';
import { PROMOTION } from '../../src/signing/media-types.ts';
import type { QuarantinedEdge } from '../../src/workflows/messages.ts';
import { DEFAULT_EMAIL } from '../../src/stack/sigstore/oidc-issuer.ts';
import { startProduction, type Production } from '../support/production.ts';
import { startPromotionService, type PromotionService } from '../support/promotion-service.ts';
import { runScript } from '../support/script.ts';
import { startSigningStack, verifyFlags, type SigningStack } from '../support/signing-stack.ts';
import { waitFor } from '../support/waiting.ts';

const IMAGES = 3;

interface ReportDocument {
  readonly state: string;
  readonly traffic: RunTraffic;
  readonly signatures: readonly LoggedSignature[];
  readonly quarantine: readonly QuarantinedEdge[];
  readonly plan: readonly { readonly destination: string }[];
}

describe('a report of a run that signed, with a mirror that refused an image', () => {
  let stack: SigningStack;
  let production: Production;
  let service: PromotionService;
  let id: string;

  const promoter = (...args: readonly string[]) => runScript('src/client/main.ts', args, service.environment).ended;

  before(async () => {
    stack = await startSigningStack();
    production = await startProduction({ images: IMAGES, mirrors: 3 });
    await production.writeManifests(production.mirrors.slice(0, 2).map(({ host }) => host));
    service = await startPromotionService({
      directory: production.directory,
      environment: {
        PROMOTER_TRUSTED_ROOT: stack.sigstore.trustedRootFile,
        PROMOTER_SIGNING_CONFIG: stack.sigstore.signingConfigFile,
        PROMOTER_IDENTITY_TOKEN_URL: stack.sigstore.tokenUrl,
        PROMOTER_IDENTITIES: 'production=images.example.test',
        PROMOTER_CANONICAL_HOST: production.mirrors[0]?.host ?? '',
      },
    });
    for (const proxy of [production.staging, ...production.mirrors]) proxy.clear();
    production.mirrors[1]?.setFaults([{ class: /\.(?:put|post)$/, path: /app-1\//, action: { status: 403 } }]);
    const flags = ['--thin-manifest-dir', production.directory, '--confirm', '--on-failure', 'fail'];
    const waiting = await promoter('cip', ...flags, '--approval', 'required');
    assert.equal(waiting.exit, 4, waiting.stderr);
    id = /started (promotion\/\S+)/.exec(waiting.stderr)?.[1] ?? '';
    const added = await promoter('add-destination', id, `${production.mirrors[2]?.host}/production`);
    assert.equal(added.exit, 0, added.stderr);
    await waitFor(async () => /waiting/.test((await promoter('status', id)).stdout));
    const run = await promoter('approve', id);
    assert.equal(run.exit, 3, run.stderr);
  });
  after(async () => {
    await service?.stop();
    await production?.stop();
    await stack?.stop();
  });

  async function document(): Promise<ReportDocument> {
    const { exit, stdout, stderr } = await promoter('report', id, '--json');
    assert.equal(exit, 3, stderr);
    return JSON.parse(stdout) as ReportDocument;
  }

  it('counts every request that the registries have seen', async () => {
    const { traffic } = await document();
    for (const proxy of [production.staging, ...production.mirrors]) {
      const counted = traffic.hosts.find(({ host }) => host === proxy.host)?.requests;
      assert.equal(counted, proxy.log().length, proxy.host);
    }
  });

  it('links to the entries of the log, which are there', async () => {
    const { signatures } = await document();
    const made = signatures.filter(({ outcome }) => outcome === 'written');
    assert.equal(made.filter(({ kind }) => kind === 'signature').length, 2 * IMAGES, 'two formats of each image');
    assert.equal(made.filter(({ kind }) => kind === 'attestation').length, IMAGES);
    for (const { address = '', logIndex } of made.flatMap(({ log }) => log)) {
      const entries = Object.values((await (await fetch(address)).json()) as Record<string, { logIndex: number }>);
      assert.deepEqual(
        entries.map((entry) => String(entry.logIndex)),
        [logIndex],
      );
    }
  });

  it('is about a destination that was added meanwhile, too, where both cosigns find signatures and attestations', async () => {
    const { host } = production.mirrors[2] ?? assert.fail('there are three mirrors');
    const { plan } = await document();
    assert.equal(plan.filter(({ destination }) => destination.startsWith(`${host}/`)).length, IMAGES);
    for (const [reference, digest] of production.wanted) {
      const image = `${host}/production/${reference.split(':', 1)[0]}@${digest}`;
      for (const version of [2, 3] as const) {
        const signed = await stack.cosignVerify(version, image, DEFAULT_EMAIL);
        assert.ok(signed.approved, signed.output);
        const flags = ['verify-attestation', '--type', PROMOTION, ...verifyFlags(stack.sigstore, DEFAULT_EMAIL)];
        const attested = await stack.cosign(version, [...flags, image]);
        assert.ok(attested.approved, attested.output);
      }
    }
    const why = await promoter('why', id, `${host}/production/app-2`);
    assert.match(why.stdout, /^ {2}signature .* log entry \d+ http:/m);
  });

  it('is a page, and Markdown, and needs no worker', async () => {
    await service.worker.stop();
    const page = await promoter('report', id, '--html');
    assert.match(page.stdout, /^<!doctype html>/);
    assert.match(page.stdout, /answered 403/);
    assert.match(page.stdout, /<a href="http:\/\/127\.0\.0\.1:\d+\/api\/v1\/log\/entries\?logIndex=\d+">№ \d+<\/a>/);
    const markdown = await promoter('report', id, '--markdown');
    assert.match(markdown.stdout, /^#### Quarantined edges$/m);
    assert.deepEqual([page.exit, markdown.exit], [3, 3]);
    service.worker = await service.startWorker();
  });

  it('tells why an edge did not arrive, and where another is signed', async () => {
    const refused = await promoter('why', id, `${production.mirrors[1]?.host}/production/app-1`, '--json');
    const { stories } = JSON.parse(refused.stdout) as { readonly stories: readonly EdgeStory[] };
    assert.equal(stories.length, 1);
    const [story] = stories;
    assert.equal(story?.file, join('images', 'project', 'images.yaml'));
    assert.deepEqual(
      story?.steps.map(({ phase, outcome }) => [phase, outcome]),
      [
        ['provenance', 'passed'],
        ['validate', 'passed'],
        ['promote', 'kept-back'],
      ],
    );
    assert.match(story?.steps[2]?.detail ?? '', /answered 403/);
    const arrived = await promoter('why', id, `${production.mirrors[0]?.host}/production/app-0`);
    assert.match(arrived.stdout, /^ {2}attestation .* log entry \d+ http:/m);
    assert.match(arrived.stdout, /^ {2}to do {7}Nothing to do: it was promoted\.$/m);
  });

  it('does not know an edge that is not in the manifests, and says which is like it', async () => {
    const { exit, stderr } = await promoter('why', id, 'production/ap-0:v1.0.0');
    assert.equal(exit, 2);
    assert.match(stderr, /did you mean\n {2}127\.0\.0\.1:\d+\/production\/app-0:v1\.0\.0\n/);
  });
});
