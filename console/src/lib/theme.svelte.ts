// SPDX-License-Identifier: Apache-2.0
import { recall, remember } from './memory';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const kept = recall('theme');
let current = $state<Theme>(kept === 'light' || kept === 'dark' ? kept : 'system');

export const theme = {
  get current(): Theme {
    return current;
  },
  set current(wanted: Theme) {
    current = wanted;
    remember('theme', wanted === 'system' ? '' : wanted);
    if (wanted === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = wanted;
  },
};
