// SPDX-License-Identifier: Apache-2.0
// Two sides of one build: the client's pages, and below /operator the provider's.
import { mount } from 'svelte';
import App from './App.svelte';
import { isOperator } from './lib/router.svelte';
import { check } from './lib/session.svelte';
import './style/tokens.css';
import './style/base.css';
import './style/print.css';

const target = document.getElementById('console')!;

if (isOperator(location.pathname)) {
  void import('./pages/operator/Operator.svelte').then(({ default: Operator }) => mount(Operator, { target }));
} else {
  mount(App, { target });
  void check();
}
