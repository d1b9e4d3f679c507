/** Requests to tgtd, each with what it is for; live.ts puts them together. */
import { Failure } from '../../../base/failure.js';
import type { TgtRequest } from './protocol.js';

export interface TgtOrder {
  readonly request: TgtRequest;
  /** Verb phrase for the error message; names no secret. */
  readonly doing: string;
}

/** @param id the number under which tgtd knows the target from now on */
export function newTarget(id: number, name: string): TgtOrder {
  return {
    request: { operation: 'new', mode: 'target', target: id, parameters: `targetname=${name}` },
    doing: `create the iSCSI target ${name}`,
  };
}

export function deleteTarget(id: number, name: string): TgtOrder {
  return {
    request: { operation: 'delete', mode: 'target', target: id },
    doing: `delete the iSCSI target ${name}`,
  };
}

export function newLun(target: number, lun: number, disk: string): TgtOrder {
  plain('path of the disk', disk);
  return {
    request: { operation: 'new', mode: 'logical-unit', target, lun, parameters: `path=${disk}` },
    doing: `offer ${disk} as LUN ${lun}`,
  };
}

/** @param more further parameters, `key=value,…` */
export function setLun(target: number, lun: number, serial: string, more = ''): TgtOrder {
  plain('serial number', serial);
  return {
    request: {
      operation: 'update',
      mode: 'logical-unit',
      target,
      lun,
      parameters: `targetOps ${more}scsi_sn=${serial},scsi_id=${serial},`,
    },
    doing: `set the serial number of LUN ${lun}`,
  };
}

export function newAccount(chap: { readonly user: string; readonly secret: string }): TgtOrder {
  plain('CHAP user', chap.user);
  return {
    request: {
      operation: 'new',
      mode: 'account',
      parameters: `user=${chap.user},password=${chap.secret}`,
    },
    doing: `create the CHAP account ${chap.user}`,
  };
}

export function deleteAccount(user: string): TgtOrder {
  return {
    request: { operation: 'delete', mode: 'account', parameters: `user=${user}` },
    doing: `delete the CHAP account ${user}`,
  };
}

export function bindAccount(target: number, user: string): TgtOrder {
  return {
    request: { operation: 'bind', mode: 'account', target, parameters: `user=${user}` },
    doing: `bind the CHAP account ${user}`,
  };
}

export function unbindAccount(target: number, user: string): TgtOrder {
  return {
    request: { operation: 'unbind', mode: 'account', target, parameters: `user=${user}` },
    doing: `unbind the CHAP account ${user}`,
  };
}

export function bindInitiator(target: number, initiator: string): TgtOrder {
  return {
    request: { operation: 'bind', mode: 'target', target, parameters: access(initiator) },
    doing: `let ${initiator} log in`,
  };
}

/** @param initiator name, address, or `ALL` for all addresses */
export function unbindInitiator(target: number, initiator: string): TgtOrder {
  return {
    request: { operation: 'unbind', mode: 'target', target, parameters: access(initiator) },
    doing: `no longer let ${initiator} log in`,
  };
}

/** Names of initiators begin as RFC 7143 (4.2.7) says; all else is an address for tgtd. */
function access(initiator: string): string {
  return `initiator-${/^(iqn|eui|naa)\./.test(initiator) ? 'name' : 'address'}=${initiator}`;
}

/** tgtd splits its parameters at commas and knows no quotes. */
function plain(what: string, value: string): void {
  if (!value.includes(',')) return;
  throw new Failure('usage', {
    what: `tgtd cannot take this ${what}.`,
    expected: 'no comma in it',
    found: value,
  });
}
