import { PromoterError } from './errors.ts';

/** `sha256:` and 64 lower-case hex digits. */
export type Digest = string & { readonly __brand: 'Digest' };

/** A tag as the distribution specification allows it. */
export type Tag = string & { readonly __brand: 'Tag' };

/** `host[:port]/path`, without tag and digest. */
export type RepositoryName = string & { readonly __brand: 'RepositoryName' };

/** `host[:port]` with any path below it: what a promotion manifest calls a registry, e.g. `gcr.io/k8s-staging-etcd`. */
export type RegistryName = string & { readonly __brand: 'RegistryName' };

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const TAG = /^\w[\w.-]{0,127}$/;
const HOST = /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/;
const PATH_COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;

/** Whether the text is a digest (kpromo's rule: sha256 only). */
export function isDigest(text: string): text is Digest {
  return DIGEST.test(text);
}

/** Whether the text is a tag (distribution specification 1.1, "Pulling manifests"). */
export function isTag(text: string): text is Tag {
  return TAG.test(text);
}

/**
 * Checks a repository's full name.
 *
 * @throws PromoterError `RequestInvalid` naming the part that is wrong (distribution specification 1.1, `<name>`)
 */
export function parseRepository(text: string): RepositoryName {
  const [host, ...path] = text.split('/');
  if (host === undefined || !HOST.test(host)) throw malformed(text, `'${host ?? ''}' is not a host name`);
  if (path.length === 0) throw malformed(text, 'a path must follow the host');
  const wrong = path.find((component) => !PATH_COMPONENT.test(component));
  if (wrong !== undefined) throw malformed(text, `'${wrong}' is not a repository path component`);
  return text as RepositoryName;
}

/** The host of a repository or registry, with its port. */
export function hostOf(name: RepositoryName | RegistryName): string {
  const slash = name.indexOf('/');
  return slash < 0 ? name : name.slice(0, slash);
}

/** The path of a repository within its host. */
export function pathOf(name: RepositoryName): string {
  return name.slice(name.indexOf('/') + 1);
}

/** The repository that a registry of a manifest and the name of one of its images make together. */
export function repositoryOf(registry: RegistryName, image: string): RepositoryName {
  return `${registry}/${image}` as RepositoryName;
}

/** How people write an image: `repository:tag` or, without tag, `repository@digest`. */
export function formatReference(repository: RepositoryName, reference: Tag | Digest): string {
  return isDigest(reference) ? `${repository}@${reference}` : `${repository}:${reference}`;
}

function malformed(text: string, why: string): PromoterError {
  return new PromoterError('RequestInvalid', `'${text}' is not a repository: ${why}`);
}
