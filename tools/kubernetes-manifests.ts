import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { format } from 'prettier';
import { packageRoot } from '../src/stack/program-list.ts';
import { findProgram } from '../src/stack/programs.ts';

/** Where the manifests for those without Helm are. */
export const MANIFESTS = join(packageRoot(), 'deploy/kubernetes/image-promoter.yaml');

const CHART = join(packageRoot(), 'deploy/helm/image-promoter');
const HEADER = `# The chart with its own values, for those without Helm; made by \`npm run deploy:kubernetes\`.
# Say in the ConfigMap where Temporal and the plan store are, and put registry credentials into a Secret:
#   kubectl create secret docker-registry registry-credentials --docker-server … --docker-username … --docker-password …
# Secrets that are variables (GITHUB_TOKEN for approvals and commit statuses on GitHub) go into another one, which the
# workers' containers name under \`envFrom\`; with Helm \`secrets.environment\` does so.
#   kubectl apply --filename deploy/kubernetes/image-promoter.yaml
`;
/** What only Helm's own objects have. */
const HELM = /^ *(?:# Source: .*|app\.kubernetes\.io\/managed-by: Helm|helm\.sh\/chart: .*)\n/gm;

/** Renders the chart as Kubernetes 1.34 would be given it. @param values as `--set` takes them */
export async function renderChart(release: string, values: readonly string[] = []): Promise<string> {
  const set = values.flatMap((value) => ['--set', value]);
  const args = ['template', release, CHART, '--kube-version', '1.34.0', ...set];
  const { stdout } = await promisify(execFile)(await findProgram('helm'), args);
  return stdout;
}

/** The manifests as the chart says them. */
export async function plainManifests(): Promise<string> {
  const rendered = await renderChart('image-promoter', ['secrets.dockerConfig=registry-credentials']);
  return format(`${HEADER}${rendered.replaceAll(HELM, '')}`, { parser: 'yaml', printWidth: 120, singleQuote: true });
}

if (import.meta.main) await writeFile(MANIFESTS, await plainManifests());
