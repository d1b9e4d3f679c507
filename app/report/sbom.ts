/** What a release is made of, as a bill of materials: CycloneDX 1.6, JSON. The same release gives the same bytes. */
import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import { PackageURL } from 'packageurl-js';
import type { Release } from '../../artifacts/release/release.js';
import { distributionWords } from '../../artifacts/release/roles.js';

/** How Package URLs name the package managers (purl-spec); of others there are components without one. */
const PURL_TYPES: Readonly<Record<string, string>> = {
  debian: 'deb',
  raspbian: 'deb',
  ubuntu: 'deb',
  arch: 'alpm',
};
const { ComponentType, HashAlgorithm } = Enums;

/** @param release its packages and files become components of what it is */
export function sbomOf({ manifest, digest }: Pick<Release, 'manifest' | 'digest'>): string {
  const { recipe, distribution, packages = [], artifacts } = manifest;
  const subject = new Models.Component(ComponentType.OperatingSystem, recipe.name, {
    bomRef: `release:${digest}`,
    version: digest.slice(0, 12),
    description: distributionWords(manifest) ?? '',
    hashes: new Models.HashDictionary([[HashAlgorithm['SHA-256'], digest]]),
  });
  const components = [
    ...packages.map(({ name, version, architecture }) => {
      const type = PURL_TYPES[distribution?.id ?? ''];
      const about = distribution === undefined ? '' : `${distribution.id}-${distribution.version ?? ''}`;
      const purl =
        type === undefined
          ? undefined
          : new PackageURL(
              type,
              distribution?.id,
              name,
              version,
              { arch: architecture, distro: about.replace(/-$/, '') },
              undefined,
            ).toString();
      return new Models.Component(ComponentType.Library, name, {
        bomRef: `package:${name}:${architecture}`,
        version,
        ...(purl === undefined ? {} : { purl }),
      });
    }),
    ...artifacts.map(({ path, role, digest: of }) => {
      const [algorithm, hex] = of.split(':');
      return new Models.Component(ComponentType.File, path, {
        bomRef: `file:${path}`,
        description: role,
        // fs-verity's digest is that of a tree, and no hash of the file's bytes.
        ...(algorithm === 'sha256' && hex !== undefined
          ? { hashes: new Models.HashDictionary([[HashAlgorithm['SHA-256'], hex]]) }
          : {}),
      });
    }),
  ];
  for (const { bomRef } of components) subject.dependencies.add(bomRef);
  const bom = new Models.Bom({
    serialNumber: `urn:uuid:${uuidOf(digest)}`,
    metadata: new Models.Metadata({
      component: subject,
      timestamp: new Date(manifest.epoch * 1000),
      tools: new Models.Tools({
        components: new Models.ComponentRepository([
          new Models.Component(ComponentType.Application, 'lunsmith', { version: manifest.lunsmith }),
        ]),
      }),
    }),
    components: new Models.ComponentRepository(components),
  });
  const factory = new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6);
  return new Serialize.JsonSerializer(factory).serialize(bom, { sortLists: true, space: 1 });
}

/** Version 8 of RFC 9562: of our own making, here of the digest's first bytes. */
function uuidOf(digest: string): string {
  const part = (from: number, to: number) => digest.slice(from, to);
  return `${part(0, 8)}-${part(8, 12)}-8${part(13, 16)}-a${part(17, 20)}-${part(20, 32)}`;
}
