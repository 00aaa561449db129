// SPDX-License-Identifier: Apache-2.0
// Elevations that somebody at a device waits for, in words.
import type { Elevation, ElevationState } from '../govern';

export const elevationWords: Record<ElevationState, { words: string; icon: string; kind: string }> = {
  open: { words: 'Waits for an answer', icon: 'wait', kind: 'warn' },
  approved: { words: 'Approved', icon: 'check', kind: '' },
  used: { words: 'Approved, and ran', icon: 'up', kind: '' },
  emergency: { words: 'Ran without approval', icon: 'alert', kind: 'bad' },
  refused: { words: 'Refused', icon: 'stop', kind: 'bad' },
  void: { words: 'Void: not answered in time', icon: 'wait', kind: 'off' },
  ended: { words: 'Given up', icon: 'close', kind: 'off' },
};

/** As a terminal would show it. */
export function commandOf({ as, path, args }: Elevation): string {
  if (as === null) return 'What was asked for can no longer be opened';
  return [path, ...args.map((one) => (/[^\w./:=@%+,-]/.test(one) || one === '' ? `'${one.replaceAll("'", "'\\''")}'` : one))].join(' ');
}
