import { createHash } from 'node:crypto';
import { reply, startHttpHost, type HttpHost } from '../registry/http-host.ts';

/** A release as a test wants it: files by their names. */
export interface ReleaseSample {
  readonly tag: string;
  readonly prerelease?: boolean;
  readonly draft?: boolean;
  readonly files: Readonly<Record<string, string>>;
}

/** Releases of `kubernetes-sigs/tool`, answered as GitHub's API does; contents come from another host, as there. */
export interface ReleasesServer {
  readonly url: string;
  /** Contents, by file name; what is changed here differs from what the API says of it. */
  readonly contents: Map<string, string>;
  /** Answers to the next downloads, before the contents. */
  readonly failures: number[];
  /** Whether the API says what the sha256 of files is. */
  digests: boolean;
  /** What the host of the contents was sent as authorization. */
  readonly authorizations: () => readonly (string | undefined)[];
  readonly downloads: () => number;
  close(): Promise<void>;
}

/** Starts one. */
export async function startReleases(samples: readonly ReleaseSample[]): Promise<ReleasesServer> {
  const contents = new Map(samples.flatMap(({ files }) => Object.entries(files)));
  const original = new Map(contents);
  const names = [...contents.keys()];
  const failures: number[] = [];
  const storage: HttpHost = await startHttpHost(({ path }, response) => {
    const status = failures.shift();
    if (status !== undefined) return reply(response, status);
    reply(
      response,
      200,
      { 'content-type': 'application/octet-stream' },
      contents.get(decodeURIComponent(path.slice(1))),
    );
  });
  const server = { digests: true };
  const releases = samples.map(({ tag, prerelease = false, draft = false }, id) => ({
    id,
    tag_name: tag,
    prerelease,
    draft,
  }));
  const assetsOf = (release: number) =>
    Object.keys(samples[release]?.files ?? {}).map((name) => {
      const text = original.get(name) ?? '';
      const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`;
      const size = Buffer.byteLength(text);
      return { id: names.indexOf(name), name, size, state: 'uploaded', digest: server.digests ? digest : null };
    });
  const api = await startHttpHost(({ path }, response) => {
    const route = path.replace('/repos/kubernetes-sigs/tool/releases', '').split('?')[0] ?? '';
    const [, tag, release, asset] = /^\/(?:tags\/(.+)|(\d+)\/assets|assets\/(\d+))$/.exec(route) ?? [];
    if (asset !== undefined) return reply(response, 302, { location: `${storage.origin}/${names[Number(asset)]}` });
    const found = tag === undefined ? releases : releases.find(({ tag_name: name }) => name === tag);
    const body = release === undefined ? found : assetsOf(Number(release));
    reply(response, body === undefined ? 404 : 200, { 'content-type': 'application/json' }, JSON.stringify(body ?? {}));
  });
  return Object.assign(server, {
    url: api.origin,
    contents,
    failures,
    authorizations: () => storage.seen.map(({ headers }) => headers.authorization),
    downloads: () => storage.seen.length,
    close: async () => {
      await Promise.all([api.close(), storage.close()]);
    },
  });
}
