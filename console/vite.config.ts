// SPDX-License-Identifier: Apache-2.0
import { readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';
import { readDataMap } from './src/lib/datamap';

const service = process.env.CUSTODY_URL || 'https://localhost:8443';
const out = resolve(process.env.CUSTODY_CONSOLE_OUT || 'dist');

/** Only our own assets are cleared: the output may be a folder that holds other things too. */
const clearAssets: Plugin = {
  name: 'clear-assets',
  apply: 'build',
  buildStart() {
    rmSync(join(out, 'assets'), { recursive: true, force: true });
  },
};

/** The page reads the data map by itself; one that it could not read stops the build. */
const dataMap: Plugin = {
  name: 'data-map',
  buildStart() {
    readDataMap(readFileSync('../docs/describe/data-map.md', 'utf8'));
  },
};

/** A script before the first paint. It is no module, so it goes past the bundler and is named by its hash here. */
function early(): Plugin {
  const name = 'early.js';
  return {
    name: 'early-script',
    buildStart() {
      if (!this.meta.watchMode) this.emitFile({ type: 'asset', name, source: readFileSync(`src/${name}`) });
    },
    transformIndexHtml: {
      order: 'post',
      handler: (_html, { bundle }) => {
        const built = Object.values(bundle ?? {}).find((file) => file.type === 'asset' && file.names.includes(name));
        return [{ tag: 'script', attrs: { src: built ? `/${built.fileName}` : `/src/${name}` }, injectTo: 'head-prepend' }];
      },
    },
  };
}

export default defineConfig({
  plugins: [svelte(), clearAssets, dataMap, early()],
  publicDir: false,
  build: {
    outDir: out,
    emptyOutDir: false,
    target: ['chrome123', 'firefox125', 'safari17.5'], // light-dark(), popover, dialog
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    // `CUSTODY_URL=https://localhost:8443 npm run dev` works on a running service.
    fs: { allow: ['.', '../docs/describe'] },
    proxy: { '/v1': { target: service, secure: false, changeOrigin: true, headers: { Origin: service } } },
  },
});
