/** What Google's registries add to `tags/list`: every digest with its tags, and when it was written. */
export interface GoogleListing {
  /** Notes a manifest that was written, since the registry behind cannot list untagged ones. */
  noteManifest(repository: string, digest: string): void;
  /** Status and body of the listing. */
  list(repository: string): Promise<{ readonly status: number; readonly body: string }>;
}

/** Makes the listing from what the registry behind knows and what was written through the proxy. */
export function createGoogleListing(backend: URL): GoogleListing {
  const written = new Map<string, Map<string, number>>();

  async function digestOf(repository: string, reference: string): Promise<[string, string] | undefined> {
    const accept = 'application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, */*';
    const url = new URL(`/v2/${repository}/manifests/${reference}`, backend);
    const response = await fetch(url, { method: 'HEAD', headers: { accept } });
    const digest = response.headers.get('docker-content-digest');
    return response.ok && digest !== null ? [digest, response.headers.get('content-type') ?? ''] : undefined;
  }

  async function childrenOf(repository: string): Promise<readonly string[]> {
    const response = await fetch(new URL('/v2/_catalog?n=1000', backend));
    const { repositories } = (await response.json()) as { repositories: readonly string[] | null };
    const below = (repositories ?? []).filter((path) => path.startsWith(`${repository}/`));
    return [...new Set(below.map((path) => path.slice(repository.length + 1).split('/', 1)[0] ?? ''))];
  }

  return {
    noteManifest(repository, digest) {
      const digests = written.get(repository) ?? new Map<string, number>();
      written.set(repository, digests.set(digest, digests.get(digest) ?? Date.now()));
    },
    async list(repository) {
      const response = await fetch(new URL(`/v2/${repository}/tags/list`, backend));
      // A path that holds nothing itself may still have repositories below it.
      if (!response.ok && response.status !== 404) return { status: response.status, body: await response.text() };
      const { tags = [] } = (await response.json()) as { tags?: readonly string[] | null };
      const manifest: Record<string, { mediaType: string; tag: string[]; timeUploadedMs: string }> = {};
      const times = written.get(repository) ?? new Map<string, number>();
      const references = [...(tags ?? []), ...times.keys()];
      const found = await Promise.all(
        references.map(async (reference) => ({ reference, head: await digestOf(repository, reference) })),
      );
      for (const { reference, head } of found) {
        if (head === undefined) continue;
        const [digest, mediaType] = head;
        const timeUploadedMs = String(times.get(digest) ?? 0);
        const entry = (manifest[digest] ??= { mediaType, tag: [], timeUploadedMs });
        if (!reference.startsWith('sha256:')) entry.tag.push(reference);
      }
      const child = await childrenOf(repository);
      return { status: 200, body: JSON.stringify({ child, manifest, name: repository, tags: tags ?? [] }) };
    },
  };
}
