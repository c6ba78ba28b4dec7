import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeImage } from '../../src/stack/sample-images.ts';
import { startPromotionService, type PromotionService } from '../support/promotion-service.ts';
import { openCommandLine, type CommandLine, type Ending } from './command-line.ts';
import { startLab, type Lab } from './lab.ts';

/** Severities as `--vuln-severity-threshold` counts them (A.7): the image has one of each name and a fix, but for one. */
const IMAGES = { low: 'LOW', high: 'HIGH', critical: 'CRITICAL', unfixed: 'CRITICAL' } as const;
type Name = keyof typeof IMAGES;

/**
 * Stands for Trivy, whose database cannot be had here: it prints the report of an image by its name, in Trivy's format
 * (schema version 2).
 */
const SCANNER = `#!/bin/sh
for image; do :; done
name=\${image##*/}
case \${name%@*} in
${Object.entries(IMAGES)
  .map(([name, severity]) => {
    const fixed = name === 'unfixed' ? '' : '2.0';
    const found = { VulnerabilityID: `CVE-${name}`, PkgName: 'p', FixedVersion: fixed, Severity: severity };
    return `${name}) echo '${JSON.stringify({ SchemaVersion: 2, Results: [{ Vulnerabilities: [found] }] })}' ;;`;
  })
  .join('\n')}
*) exit 1 ;;
esac
`;

describe('E32: vulnerabilities', function () {
  this.timeout(60_000);
  let promoter: CommandLine;
  let service: PromotionService;
  let lab: Lab;
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'conformance-scan-'));
    await writeFile(join(directory, 'trivy'), SCANNER);
    await chmod(join(directory, 'trivy'), 0o755);
    [promoter, service, lab] = await Promise.all([
      openCommandLine(),
      startPromotionService({ directory }),
      startLab({ googleTags: true }),
    ]);
    for (const name of Object.keys(IMAGES)) await lab.push(`staging/${name}`, imageOf(name));
    lab.proxy.clear();
  });
  after(async () => {
    assert.deepEqual(lab.writes(), [], 'nothing is promoted in this mode');
    await Promise.all([promoter.close(), service.stop(), lab.stop()]);
    await rm(directory, { recursive: true });
  });

  async function scan(threshold: number, names: readonly Name[], ...flags: readonly string[]): Promise<Ending> {
    const images = names.map((name) => ({ name, dmap: { [imageOf(name).root.digest]: ['v1'] } }));
    const registries = `registries:\n- {name: ${lab.at('staging')}, src: true}\n- name: ${lab.at('prod')}\n`;
    const file = join(directory, 'manifest.yaml');
    await writeFile(file, `${registries}images: ${JSON.stringify(images)}\n`);
    const PATH = `${directory}:${process.env['PATH'] ?? ''}`;
    const mode = [`--vuln-severity-threshold=${threshold}`, '--scanner=trivy', '--sign=false'];
    return promoter.run(['cip', '--manifest', file, ...mode, ...flags], { env: { ...service.environment, PATH } });
  }

  it('fails from the threshold on, naming image, threshold and the gravest', async () => {
    const exits: Record<string, number> = {};
    for (const [threshold, name] of [
      [1, 'low'],
      [2, 'low'],
      [3, 'low'],
      [4, 'high'],
      [5, 'high'],
      [5, 'critical'],
    ] as const) {
      const { exit, stderr } = await scan(threshold, [name], '--confirm');
      exits[`${threshold} ${name}`] = exit;
      const sentence = `/staging/${name}@sha256:[0-9a-f]+: image has vulnerabilities at or above threshold ${threshold} \\(highest: ${IMAGES[name]}`;
      if (exit !== 0) assert.match(stderr, new RegExp(sentence));
    }
    assert.deepEqual(exits, { '1 low': 1, '2 low': 1, '3 low': 0, '4 high': 1, '5 high': 0, '5 critical': 1 });
  });

  it('looks at every image, where kpromo stops at the first bad one', async () => {
    const { exit, stderr } = await scan(4, ['low', 'high', 'critical'], '--confirm');
    assert.equal(exit, 1);
    assert.match(stderr, /staging\/high@/);
    assert.match(stderr, /staging\/critical@/);
    assert.doesNotMatch(stderr, /staging\/low@/);
  });

  it('does not count what nobody can mend', async () => {
    const { exit, stderr } = await scan(1, ['unfixed'], '--confirm');
    assert.equal(exit, 0, stderr);
  });

  it('is off at 0, and ends before it without --confirm', async () => {
    const off = await scan(0, ['critical'], '--confirm');
    assert.equal(off.exit, 0);
    assert.match(off.stderr, /^Vulnerability scanning disabled \(threshold <= 0\)$/m);
    const dry = await scan(1, ['critical']);
    assert.equal(dry.exit, 0);
    assert.match(dry.stderr, /^Dry run complete, exiting before vulnerability scan$/m);
  });

  it('fails when the scanner does', async () => {
    await writeFile(join(directory, 'trivy'), '#!/bin/sh\necho database is gone >&2\nexit 1\n');
    const { exit, stderr } = await scan(1, ['low'], '--confirm');
    assert.equal(exit, 1);
    assert.match(stderr, /scanning .*\/staging\/low@sha256:[0-9a-f]+ with trivy failed: .*database is gone/s);
  });
});

function imageOf(name: string): ReturnType<typeof makeImage> {
  return makeImage({ seed: `scan ${name}`, layerSizes: [10] });
}
