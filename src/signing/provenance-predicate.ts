import { SLSA_PROVENANCE_V02, SLSA_PROVENANCE_V1 } from './media-types.ts';
import type { Statement } from './statement.ts';

/** What a policy asks of a provenance predicate. */
export interface BuildFacts {
  /** The URI of what built the image. */
  readonly builder: string | undefined;
  /** The repository that the build was told to build, as {@link normalSource} writes it. */
  readonly source: string | undefined;
}

/**
 * Reads builder and source from SLSA provenance 0.2 or 1 (https://slsa.dev/spec/v0.2/provenance, v1.1/provenance).
 *
 * The source is what the build was configured with; what it happened to download (materials, resolved dependencies) only
 * counts by its first entry, which both specifications reserve for it, since anything may be among the others.
 */
export function buildFacts({ predicateType, predicate }: Statement): BuildFacts {
  switch (predicateType) {
    case SLSA_PROVENANCE_V1:
      return {
        builder: text(predicate, 'runDetails', 'builder', 'id'),
        source: normalSource(v1Source(field(predicate, 'buildDefinition'))),
      };
    case SLSA_PROVENANCE_V02:
      return {
        builder: text(predicate, 'builder', 'id'),
        source: normalSource(
          text(predicate, 'invocation', 'configSource', 'uri') ?? text(predicate, 'materials', '0', 'uri'),
        ),
      };
    default:
      return { builder: undefined, source: undefined };
  }
}

/** A source without what different builders put around it: `git+`, `@ref`, `.git`, a closing slash. */
export function normalSource(uri: string | undefined): string | undefined {
  if (uri === undefined) return undefined;
  const url = (uri.includes('://') ? uri : `https://${uri}`).replace(/^git\+/, '');
  // An @ before the path names a user, one in it a reference.
  const pathStart = url.indexOf('/', url.indexOf('://') + 3);
  if (pathStart < 0) return url;
  const [path = ''] = url.slice(pathStart).split(/[@#]/, 1);
  return url.slice(0, pathStart) + path.replace(/\/$/, '').replace(/\.git$/, '');
}

/** GitHub's build type, Google Cloud Build's, and the generic one each name it elsewhere. */
function v1Source(definition: unknown): string | undefined {
  const parameters = field(definition, 'externalParameters');
  return (
    text(parameters, 'workflow', 'repository') ??
    text(parameters, 'source', 'repository') ??
    text(parameters, 'source', 'uri') ??
    text(parameters, 'source') ??
    text(parameters, 'buildConfigSource', 'repository') ??
    text(definition, 'resolvedDependencies', '0', 'uri')
  );
}

function text(value: unknown, ...path: readonly string[]): string | undefined {
  const found = field(value, ...path);
  return typeof found === 'string' && found !== '' ? found : undefined;
}

function field(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inside, name) =>
      typeof inside === 'object' && inside !== null && Object.hasOwn(inside, name)
        ? (inside as Readonly<Record<string, unknown>>)[name]
        : undefined,
    value,
  );
}
