import { hasDependency, type PackageJson } from './package-json.ts';
import type { SourceView } from './source-files.ts';

export interface StaticGenerator {
  readonly output: string;
  /** Paths without a file are answered with index.html, whose script routes them. */
  readonly isSinglePage: boolean;
  readonly why: string;
}

interface Rule {
  readonly dependency: string;
  readonly output: (view: SourceView, json: PackageJson) => string | undefined;
  readonly isSinglePage: boolean;
  /** Start scripts that only serve the files during development. */
  readonly developmentStart?: RegExp;
  /** Packages that render on a server instead. */
  readonly unless?: readonly string[];
}

const SERVER_FRAMEWORKS = [
  '@sveltejs/kit',
  '@remix-run/node',
  '@remix-run/serve',
  '@react-router/node',
  '@react-router/serve',
  '@solidjs/start',
  '@tanstack/react-start',
  '@builder.io/qwik-city',
  'vinxi',
  'nitro',
  'nuxt',
  'astro',
  'next',
  'vite-plugin-ssr',
  'vike',
  'express',
  'fastify',
  'koa',
  'hono',
];

const RULES: readonly Rule[] = [
  {
    dependency: 'astro',
    output: (view) => configured(view, 'astro', /\boutDir:\s*['"]\.?\/?([^'"]+)['"]/) ?? 'dist',
    isSinglePage: false,
    developmentStart: /^astro\b/,
    unless: ['@astrojs/node', '@astrojs/vercel', '@astrojs/netlify', '@astrojs/cloudflare'],
  },
  {
    dependency: '@docusaurus/core',
    output: () => 'build',
    isSinglePage: false,
    developmentStart: /^docusaurus\b/,
  },
  {
    dependency: '@11ty/eleventy',
    output: () => '_site',
    isSinglePage: false,
    developmentStart: /eleventy\b/,
  },
  {
    dependency: 'gatsby',
    output: () => 'public',
    isSinglePage: false,
    developmentStart: /^(gatsby|npm run develop)\b/,
  },
  {
    dependency: 'next',
    output: (view) =>
      configured(view, 'next', /\boutput:\s*['"](export)['"]/) === undefined ? undefined : 'out',
    isSinglePage: false,
    developmentStart: /^next\b/,
  },
  { dependency: '@angular/core', output: angularOutput, isSinglePage: true, developmentStart: /^ng serve\b/ },
  {
    dependency: 'react-scripts',
    output: () => 'build',
    isSinglePage: true,
    developmentStart: /^react-scripts\b/,
  },
  {
    dependency: 'vite',
    output: (view) => configured(view, 'vite', /\boutDir:\s*['"]\.?\/?([^'"]+)['"]/) ?? 'dist',
    isSinglePage: true,
    developmentStart: /^vite\b/,
    unless: SERVER_FRAMEWORKS,
  },
];

/** What makes a site of files: it has a build, and nothing of its own that serves. */
export function staticGenerator(view: SourceView, json: PackageJson): StaticGenerator | undefined {
  const { build, start } = json.scripts;
  if (build === undefined || view.first('server.js', 'server.mjs', 'server.ts') !== undefined)
    return undefined;
  for (const rule of RULES) {
    if (!hasDependency(json, rule.dependency)) continue;
    if (rule.unless?.some((name) => hasDependency(json, name)) === true) continue;
    if (start !== undefined && rule.developmentStart?.test(start) !== true) continue;
    const output = rule.output(view, json);
    if (output === undefined || output.split('/').includes('..')) continue;
    const served = start === undefined ? 'no scripts.start' : `scripts.start is for development: ${start}`;
    return {
      output,
      isSinglePage: rule.isSinglePage,
      why: `package.json uses ${rule.dependency}, ${served}`,
    };
  }
  return undefined;
}

/** A value that stands literally in a configuration file, which is a program and is not run for this. */
function configured(view: SourceView, name: string, pattern: RegExp): string | undefined {
  for (const ending of ['js', 'mjs', 'cjs', 'ts', 'mts']) {
    const match = pattern.exec(view.text(`${name}.config.${ending}`) ?? '');
    if (match !== null) return match[1]?.replace(/\/$/, '');
  }
  return undefined;
}

function angularOutput(view: SourceView, json: PackageJson): string | undefined {
  if (hasDependency(json, '@angular/ssr')) return undefined;
  const text = view.text('angular.json') ?? '';
  const path = /"outputPath":\s*"([^"]+)"/.exec(text)?.[1];
  const project = /"projects":\s*\{\s*"([^"]+)"/.exec(text)?.[1];
  if (path === undefined && project === undefined) return undefined;
  const folder = path ?? `dist/${project}`;
  return /"builder":\s*"@angular\/build:application"|@angular-devkit\/build-angular:application/.test(text)
    ? `${folder}/browser`
    : folder;
}
