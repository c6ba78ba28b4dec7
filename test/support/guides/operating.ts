import assert from 'node:assert/strict';
import { pathToFileURL } from 'node:url';
import type { Guide } from './guide.ts';
import type { Reader } from './reader.ts';

/** What `promoter cip --json` prints, as far as it is read here. */
interface Run {
  readonly workflowId: string;
  readonly report: { readonly plan: { readonly digest: string } };
}

/** Runs that wait, are kept back, or have ended: what the page's commands are about. */
export async function followOperating(reader: Reader): Promise<void> {
  const guide = await reader.open('docs/operating.md');
  const { staging, canonical, mirrors } = reader.stack.registries;
  const git = 'https://github.com/kubernetes/k8s.io';
  guide.here.set(git, await repositoryHere(reader));
  guide.here.set('registry.example.com/images/app', `${canonical}/images/app`);
  const destinations = [`${canonical}/images`];
  const push = (name: string): Promise<string> => reader.push(`${staging}/operating/${name}`);
  const manifest = async (folder: string, name: string, tag: string): Promise<void> => {
    const digest = await push(`${name}:${tag}`);
    await writeThin(reader, folder, name, { digest, tag, source: `${staging}/operating`, destinations });
  };
  const cip = async (folder: string, flags: string, exit: number): Promise<Run> => {
    const { stdout } = await reader.give(`promoter cip --thin-manifest-dir ${folder} --confirm --json ${flags}`, exit);
    return JSON.parse(stdout) as Run;
  };

  await manifest('paused', 'other', 'v1');
  const paused = await cip('paused', '--approval required', 4);
  setRun(guide, paused);
  guide.here.set('sha256:…', paused.report.plan.digest);
  await guide.through('resume', 4);
  await guide.through('approve');
  await reader.give(`promoter watch '${paused.workflowId}'`);

  await manifest('kept', 'app', 'v1.2.0');
  const kept = await cip('kept', '--approval required --sign=false', 4);
  setRun(guide, kept);
  await guide.through('release');
  guide.here.set('mirror.example.com/images', `${mirrors[1]}/images`);
  await guide.through('add-destination');
  await reader.give(`promoter approve '${kept.workflowId}'; promoter watch '${kept.workflowId}'`);

  destinations.push(`${mirrors[0]}/images`);
  await manifest('unproven', 'web', 'v1.1.0');
  const unproven = await cip('unproven', '--provenance require', 3);
  guide.here.set('promotion/registry.example.com+2', unproven.workflowId);
  guide.here.set('registry.example.com/staging/web', `${staging}/operating/web`);
  guide.here.set('registry.example.com/production/web', `${canonical}/images/web`);
  guide.here.set('mirror.example.net/production/web', `${mirrors[0]}/images/web`);
  guide.here.set('https://temporal-ui.example.com', reader.stack.temporal.uiUrl ?? '');
  await guide.through('report', 3);
  await guide.through('why');
  guide.here.set('--event-id 54', `--event-id ${await beforePromote(reader, kept.workflowId)}`);
  await guide.through('reset');
  await reader.give(`promoter watch '${kept.workflowId}'`);
  guide.here.set('budget registry.example.com', `budget ${canonical}`);
  const fromGit = /^started (\S+)$/m.exec((await guide.through('cip --git-url')).stderr)?.[1];
  const { stdout } = await reader.give(`git -C repository rev-parse HEAD; promoter why '${fromGit}' hello:v1`);
  const place = `registry.k8s.io/images/hello/images.yaml:3 at ${stdout.split('\n')[0]}`;
  assert.ok(stdout.includes(place), stdout);
  await guide.through('schedule apply replication --git-url');
  await reader.give('promoter schedule delete replication');
  await guide.rest();
}

function setRun(guide: Guide, { workflowId }: Run): void {
  guide.here.set("'promotion/…'", `'${workflowId}'`);
}

/** The thin manifests of the page before, in a git repository: what `--thin-manifest-dir` is there. */
async function repositoryHere(reader: Reader): Promise<string> {
  const who = '-c user.name=somebody -c user.email=somebody@example.com -c commit.gpgsign=false';
  await reader.give(
    `mkdir repository && cp -r registry.k8s.io repository && cd repository && git init -q -b main && git add -A && git ${who} commit -q -m one; cd ..`,
  );
  return pathToFileURL(`${reader.checkout.folder}/repository`).href;
}

interface Wish {
  readonly digest: string;
  readonly tag: string;
  readonly source: string;
  readonly destinations: readonly string[];
}

async function writeThin(reader: Reader, folder: string, name: string, wish: Wish): Promise<void> {
  const registries = wish.destinations.map((destination) => `- name: ${destination}\n`).join('');
  const source = `registries:\n- name: ${wish.source}\n  src: true\n`;
  await reader.write(`${folder}/manifests/${name}/promoter-manifest.yaml`, source + registries);
  const images = `# what is promoted\n- name: ${name}\n  dmap:\n    '${wish.digest}': ['${wish.tag}']\n`;
  await reader.write(`${folder}/images/${name}/images.yaml`, images);
}

/** The workflow task that decided to promote: an event that a run can be reset to. */
async function beforePromote(reader: Reader, workflowId: string): Promise<number> {
  const { stdout } = await reader.give(`temporal workflow show --workflow-id '${workflowId}' --output json`);
  const { events } = JSON.parse(stdout) as { events: readonly HistoryEvent[] };
  const promoting = events.find(
    (event) => event.activityTaskScheduledEventAttributes?.activityType.name === 'promoteShard',
  );
  return Number(
    promoting?.activityTaskScheduledEventAttributes?.workflowTaskCompletedEventId ??
      assert.fail('nothing was promoted'),
  );
}

interface HistoryEvent {
  readonly activityTaskScheduledEventAttributes?: {
    readonly activityType: { readonly name: string };
    readonly workflowTaskCompletedEventId: string;
  };
}
