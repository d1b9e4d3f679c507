/** Facts of target hosts for tests. */
import type { HostFacts } from '../../artifacts/publish/site.js';

export function hostFacts(root: string, changed: Partial<HostFacts> = {}): HostFacts {
  return {
    name: 'san1',
    transport: { kind: 'directory' },
    root,
    address: '192.0.2.1',
    target: { kind: 'tgt', prefix: 'iqn.2026-01.org.example:san1', port: 3260 },
    clone: { kind: 'file' },
    http: { url: 'http://192.0.2.1' },
    dhcp: { kind: 'none' },
    gate: ['bios-san'],
    ...changed,
  };
}
