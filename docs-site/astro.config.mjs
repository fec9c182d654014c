import { readFileSync } from 'node:fs';
import starlight from '@astrojs/starlight';
import { defineConfig } from 'astro/config';
import { BASE, SIDEBAR, SITE } from './pages.mjs';

// https://starlight.astro.build/reference/configuration/
export default defineConfig({
  site: SITE,
  base: BASE,
  trailingSlash: 'always',
  telemetry: false,
  integrations: [
    starlight({
      title: 'albedo',
      description: 'AWS Application Load Balancers from YAML: planned, applied, load-tested and judged in a pull request.',
      sidebar: SIDEBAR,
      head: [{ tag: 'script', content: readFileSync(new URL('./src/scripts/reach.js', import.meta.url), 'utf8') }],
      customCss: ['./src/styles/site.css'],
      pagination: true,
      lastUpdated: false,
      credits: false,
    }),
  ],
});
