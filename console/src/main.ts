// SPDX-License-Identifier: Apache-2.0
import { mount } from 'svelte';
import App from './App.svelte';
import { check } from './lib/session.svelte';
import './style/tokens.css';
import './style/base.css';
import './style/print.css';

mount(App, { target: document.getElementById('console')! });
void check();
