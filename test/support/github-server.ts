import { startHttpHost, reply, type HttpHost, type SeenRequest } from '../registry/http-host.ts';

/** A repository with a fork, as far as a pull request for one file needs them; it answers as GitHub's API does. */
export interface GitHubServer {
  readonly url: string;
  /** Files of the default branch, by their paths. */
  readonly files: Map<string, string>;
  /** What the fork's branches have changed. */
  readonly branches: Map<string, { readonly path: string; readonly content: string; readonly message: string }>;
  readonly pulls: { readonly title: string; readonly body: string; readonly head: string; readonly base: string }[];
  readonly requests: () => readonly string[];
  close(): Promise<void>;
}

type Fields = Readonly<Record<string, unknown>>;

/** Starts one that knows the token `secret`. */
export async function startGitHub(files: Readonly<Record<string, string>>): Promise<GitHubServer> {
  const server = { files: new Map(Object.entries(files)), branches: new Map(), pulls: [] } as unknown as GitHubServer;
  const made: { tree?: { path: string; content: string }; message?: string } = {};

  function answer({ method, path, body }: SeenRequest): [status: number, body: unknown] {
    const fields = (body.length === 0 ? {} : JSON.parse(body.toString())) as Fields;
    const route = `${method} ${decodeURIComponent(path.split('?')[0] ?? '')}`;
    const [, contents] = /^GET \/repos\/kubernetes\/k8s\.io\/contents\/(.+)$/.exec(route) ?? [];
    const [, branch = ''] = /git\/refs?\/heads\/(.+)$/.exec(route) ?? [];
    if (route === 'POST /graphql')
      return [200, { data: { repository: manifestsOf(fields['variables'] as { folder: string }) } }];
    if (contents !== undefined) return server.files.has(contents) ? [200, server.files.get(contents)] : [404, {}];
    switch (branch === '' ? route : route.replace(branch, '*')) {
      case 'POST /repos/somebody/k8s.io/git/trees':
        [made.tree] = fields['tree'] as [{ path: string; content: string }];
        return [201, { sha: 'tree' }];
      case 'POST /repos/somebody/k8s.io/git/commits':
        made.message = fields['message'] as string;
        return [201, { sha: 'commit' }];
      case 'GET /repos/somebody/k8s.io/git/ref/heads/*':
        return server.branches.has(branch) ? [200, {}] : [404, { message: 'Not Found' }];
      case 'POST /repos/somebody/k8s.io/git/refs':
        point((fields['ref'] as string).replace('refs/heads/', ''));
        return [201, {}];
      case 'PATCH /repos/somebody/k8s.io/git/refs/heads/*':
        point(branch);
        return [200, {}];
      case 'GET /repos/kubernetes/k8s.io/pulls':
        return [200, server.pulls.map((_, at) => ({ html_url: `https://github.example/pull/${at + 1}` }))];
      case 'POST /repos/kubernetes/k8s.io/pulls':
        server.pulls.push(fields as unknown as GitHubServer['pulls'][number]);
        return [201, { html_url: `https://github.example/pull/${server.pulls.length}` }];
      default:
        return [404, { message: `no ${route}` }];
    }
  }

  function point(branch: string): void {
    const { path = '', content = '' } = made.tree ?? {};
    server.branches.set(branch, { path, content, message: made.message ?? '' });
  }

  function manifestsOf({ folder }: { folder: string }): unknown {
    const prefix = `${folder.replace('HEAD:', '')}/`;
    const entries = [...server.files]
      .filter(([path]) => path.startsWith(prefix))
      .map(([path, text]) => {
        const [project, name] = path.slice(prefix.length).split('/');
        return { name: project, object: { entries: [{ name, object: { text } }] } };
      });
    const target = { oid: 'c0ffee', tree: { oid: 'base' } };
    return { defaultBranchRef: { name: 'main', target }, object: { entries } };
  }

  const host: HttpHost = await startHttpHost((request, response) => {
    const known = request.headers.authorization?.endsWith(' secret') === true;
    const [status, body] = known ? answer(request) : [401, { message: 'Bad credentials' }];
    const type = typeof body === 'string' ? 'application/vnd.github.raw+json' : 'application/json';
    reply(
      response,
      status,
      { 'content-type': type },
      typeof body === 'string' ? body : Buffer.from(JSON.stringify(body)),
    );
  });
  return Object.assign(server, {
    url: host.origin,
    requests: () => host.seen.map(({ method, path }) => `${method} ${path}`),
    close: () => host.close(),
  });
}
