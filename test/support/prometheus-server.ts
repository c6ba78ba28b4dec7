import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/stack/ports.ts';
import { startProcess } from '../../src/stack/process.ts';
import { findProgram } from '../../src/stack/programs.ts';

/** A real Prometheus with a set of rules. */
export interface PrometheusServer {
  /** The data that its HTTP API answers with; throws what it says is wrong. */
  get<T>(path: string, parameters?: Readonly<Record<string, string>>): Promise<T>;
  stop(): Promise<void>;
}

/** Starts one that scrapes addresses every second as the job `promoter`. */
export async function startPrometheus(targets: readonly string[], rules: readonly string[]): Promise<PrometheusServer> {
  const program = await findProgram('prometheus');
  const folder = await mkdtemp(join(tmpdir(), 'prometheus-'));
  const address = `127.0.0.1:${await freePort()}`;
  const configuration = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: rules,
    scrape_configs: [{ job_name: 'promoter', static_configs: [{ targets }] }],
  };
  // JSON is YAML.
  await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(configuration));
  const server = await startProcess({
    name: 'Prometheus',
    program,
    args: [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
    ],
    logFile: join(folder, 'prometheus.log'),
    ready: async () => (await fetch(`http://${address}/-/ready`).catch(() => undefined))?.ok === true,
  });
  return {
    async get<T>(path: string, parameters: Readonly<Record<string, string>> = {}) {
      const response = await fetch(`http://${address}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`);
      const answer = (await response.json()) as { status: string; error?: string; data: T };
      if (answer.status !== 'success') throw new Error(`${path} ${JSON.stringify(parameters)}: ${answer.error}`);
      return answer.data;
    },
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
