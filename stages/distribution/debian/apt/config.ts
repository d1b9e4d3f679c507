/** The configuration of an apt of the host that uses nothing of the host's own: sources, keys, state and caches are given. */
import type { Architecture } from '../../../../pipeline/stage.js';

export interface AptPlaces {
  readonly architecture: Architecture;
  /** Absolute path of a sources.list(5). */
  readonly sources: string;
  /** Absolute path of the folder of the package lists. */
  readonly lists: string;
  /** Absolute path of the dpkg status file: what is installed already. */
  readonly status: string;
  /** Absolute path of a folder for what apt writes. */
  readonly work: string;
  /** Absolute path of the cache of the lists, which apt makes anew when they have changed. */
  readonly cache: string;
  /** Absolute path of an apt_preferences(5). */
  readonly preferences?: string;
  /** Absolute path of an apt_auth.conf(5). Default: none. */
  readonly credentials?: string;
  /** Indexes of long ago are wanted, which are valid no more: the caller judges their dates. Default false. */
  readonly snapshot?: boolean;
}

/** The text of an apt.conf(5), for the variable APT_CONFIG: apt reads it before it looks for the host's files. */
export function aptConfig(apt: AptPlaces): string {
  const nothing = '/dev/null';
  const settings: readonly (readonly [string, string])[] = [
    ['Dir::Etc::Main', nothing],
    ['Dir::Etc::Parts', nothing],
    ['Dir::Etc::SourceList', apt.sources],
    ['Dir::Etc::SourceParts', nothing],
    // Each source names its keyring; no other key counts.
    ['Dir::Etc::Trusted', nothing],
    ['Dir::Etc::TrustedParts', nothing],
    ['Dir::Etc::Preferences', apt.preferences ?? nothing],
    ['Dir::Etc::PreferencesParts', nothing],
    ['Dir::Etc::Netrc', apt.credentials ?? nothing],
    ['Dir::Etc::NetrcParts', nothing],
    ['Acquire::Check-Valid-Until', apt.snapshot === true ? 'false' : 'true'],
    ['Dir::State::Lists', apt.lists],
    ['Dir::State::Status', apt.status],
    ['Dir::State::Extended_States', `${apt.work}/extended_states`],
    ['Dir::Cache::Archives', `${apt.work}/archives`],
    ['Dir::Cache::PkgCache', ''],
    ['Dir::Cache::SrcPkgCache', apt.cache],
    ['APT::Architecture', apt.architecture],
    ['APT::Architectures', apt.architecture],
    // apt's own user could not read a private workspace.
    ['APT::Sandbox::User', 'root'],
    // apt counts itself as essential otherwise, and would install itself unasked.
    ['PkgCacheGen::ForceEssential', ','],
    ['Debug::NoLocking', 'true'],
    ['Acquire::Languages', 'none'],
    ['Acquire::Retries', '3'],
    ['Acquire::http::Timeout', '20'],
    ['Acquire::https::Timeout', '20'],
  ];
  return settings.map(([name, value]) => `${name} "${value}";\n`).join('');
}
