import { followDeploying } from './deploying.ts';
import { followFiles } from './files.ts';
import { followOperating } from './operating.ts';
import type { Reader } from './reader.ts';

const DIGEST = /sha256:[0-9a-f]{64}/;

/** How a reader follows each page, in an order in which what one needs of another is there. */
export const FOLLOWED: Readonly<Record<string, (reader: Reader) => Promise<void>>> = {
  'docs/first-promotion.md': followFirstPromotion,
  'README.md': followReadme,
  'docs/configuration.md': followConfiguration,
  'docs/signing.md': followSigning,
  'docs/replication.md': followReplication,
  'docs/operating.md': followOperating,
  'docs/files.md': followFiles,
  'docs/deploying.md': followDeploying,
  'docs/releasing.md': async (reader) => (await reader.open('docs/releasing.md', 'new')).rest(),
};

async function followFirstPromotion(reader: Reader): Promise<void> {
  const guide = await reader.open('docs/first-promotion.md', 'new');
  await reader.develop(guide);
  guide.here.set('http://127.0.0.1:20753', reader.stack.sigstore?.issuerUrl ?? '');
  const manifest = guide.block('# promotion.yaml');
  const first = manifest.replace(DIGEST, (await guide.through('crane digest')).stdout.trim());
  await reader.write('promotion.yaml', first);
  const second = manifest.replace(DIGEST, (await guide.through('crane digest')).stdout.trim());
  await reader.write('promotion.yaml', second.replace('latest', 'v2'));
  await guide.through('cip', 3);
  await reader.write('promotion.yaml', first);
  await guide.rest();
}

async function followReadme(reader: Reader): Promise<void> {
  const { staging, canonical, mirrors } = reader.stack.registries;
  const guide = await reader.open('README.md', 'new');
  guide.here.set('registry.example.com/staging', `${staging}/staging`);
  guide.here.set('registry.example.com/production', `${canonical}/readme`);
  guide.here.set('mirror.example.net/production', `${mirrors[0]}/readme`);
  const digest = await reader.push(`${staging}/staging/web:v1.1.0`);
  await reader.write('promotion.yaml', guide.block('# promotion.yaml').replace(DIGEST, digest));
  await guide.through('--confirm');
  reader.enter('stack');
  guide.here.set('+1-cd063d72', '…');
  const start = (await guide.through('manifest upload')).stdout.split('\n')[1] ?? '';
  await reader.give(start);
  await reader.give(`promoter watch ${/--workflow-id ('[^']+')/.exec(start)?.[1]}`);
}

async function followConfiguration(reader: Reader): Promise<void> {
  const guide = await reader.open('docs/configuration.md', 'new');
  const text = 'temporal:\n  namespace: images\nplanStore: oci://registry.example.com/plans\n';
  guide.here.set('/etc/image-promoter/promoter.yaml', await reader.write('promoter.yaml', text));
  guide.here.set('/home/me', reader.checkout.folder);
  await reader.give('export TEMPORAL_ADDRESS=temporal.example.com:7233');
  await guide.rest();
  await reader.give('rm promoter.yaml');
}

async function followSigning(reader: Reader): Promise<void> {
  const { stack } = reader;
  const guide = await reader.open('docs/signing.md');
  const issuer = stack.sigstore?.issuerUrl ?? '';
  guide.here.set('registry.example.com/production/web:v1.1.0', `${stack.registries.canonical}/production/hello:v1`);
  guide.here.set('promoter@example.com', 'promoter@example.test');
  guide.here.set('https://issuer.example.com', issuer);
  guide.here.set('http://127.0.0.1:26166', issuer);
  guide.here.set('.promoter/demo/', '.promoter/dev/');
  guide.here.set(
    `${stack.registries.mirrors[1]}/production/web:latest`,
    `${stack.registries.mirrors[0]}/production/hello:v1`,
  );
  await guide.rest();
}

async function followReplication(reader: Reader): Promise<void> {
  const { staging, canonical, mirrors } = reader.stack.registries;
  const guide = await reader.open('docs/replication.md');
  const { stdout } = await reader.give(`crane digest ${staging}/staging/hello:v1`);
  await reader.write(
    'registry.k8s.io/manifests/hello/promoter-manifest.yaml',
    `registries:\n- { name: ${staging}/staging, src: true }\n- name: ${canonical}/production\n- name: ${mirrors[0]}/production\n`,
  );
  await reader.write(
    'registry.k8s.io/images/hello/images.yaml',
    `- name: hello\n  dmap:\n    '${stdout.trim()}': [v1]\n`,
  );
  guide.here.set('signer@example.com', 'promoter@example.test');
  guide.here.set('https://accounts.google.com', reader.stack.sigstore?.issuerUrl ?? '');
  // The development stack has a schedule of its own.
  await reader.give('promoter schedule delete replication');
  await guide.rest();
}
