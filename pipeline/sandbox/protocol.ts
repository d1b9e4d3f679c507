/** What the process outside and the one inside the sandbox say to each other over Node's IPC channel. */

import type { Event } from '../../base/event.js';
import type { FailureRecord } from '../../base/failure.js';

export type ToInside =
  | {
      readonly say: 'go';
      readonly module: string;
      readonly payload: unknown;
      /** The user's, which holds secrets: in a message no other process reads it, as it does in /proc/PID/environ. */
      readonly environment: Readonly<Record<string, string | undefined>>;
    }
  | { readonly say: 'abort' };

export type ToOutside =
  | { readonly say: 'ready' }
  | { readonly say: 'event'; readonly event: Event }
  | { readonly say: 'result'; readonly value: unknown }
  | { readonly say: 'failure'; readonly failure: FailureRecord };
