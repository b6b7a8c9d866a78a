import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ProfileProblem } from '../../src/contract/profile-problem.ts';
import { BROKEN_PROFILES } from '../control-plane/clusters/profiles/broken-profiles.ts';
import { runCli, temporaryFolder } from './support/run-cli.ts';

const SHIPPED = join(import.meta.dirname, '../../profiles');
const standard = readFileSync(join(SHIPPED, 'aws-standard.yaml'), 'utf8');

/** Writes each broken profile into a folder of its own. @returns the files, in the order of the table */
function brokenFiles(): string[] {
  const folder = temporaryFolder();
  return BROKEN_PROFILES.map(({ patch }, index) => {
    mkdirSync(join(folder, String(index)));
    const file = join(folder, String(index), 'aws-standard.yaml');
    writeFileSync(file, standard.replace(...patch));
    return file;
  });
}

describe('profiles validate', () => {
  it('R12: tells file, line, column and fix of every problem of every file, without a server: exit code 11', async () => {
    const files = brokenFiles();
    expect(files.length).toBeGreaterThanOrEqual(20);
    const run = await runCli(['profiles', 'validate', ...files, '--json'], {});
    expect(run.code, run.stderr).toBe(11);
    const items: ProfileProblem[] = JSON.parse(run.stdout).items;
    const told = items.map(({ file, line, column, path, message, fix }) => ({
      file,
      isAt: readFileSync(file, 'utf8')
        .split('\n')
        [line - 1]?.slice(column - 1),
      message: path === '' ? message : `${path}: ${message}`,
      fix,
    }));
    const expected = BROKEN_PROFILES.map(({ at, message, fix }, index) => ({
      file: files[index],
      isAt: expect.stringContaining(at),
      message,
      fix,
    }));
    expect(told).toEqual(expected);
    expect(JSON.parse(run.stderr).error).toMatchObject({ code: 'PROBLEMS_FOUND', exitCode: 11 });
  });

  it('R17: a problem of a manifest has the file, line and column of the manifest', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'manifests'));
    writeFileSync(join(folder, 'aws-standard.yaml'), `${standard}\nmanifestsDir: manifests\n`);
    const manifest = join(folder, 'manifests', 'dns.yaml');
    const text = 'apiVersion: config.openshift.io/v1\nkind: DNS\nmetadata: { name: cluster }\n';
    writeFileSync(manifest, text);
    const run = await runCli(['profiles', 'validate', join(folder, 'aws-standard.yaml'), '--json'], {});
    expect(run.code, run.stderr).toBe(11);
    expect(JSON.parse(run.stdout).items).toEqual([
      {
        file: manifest,
        line: 2,
        column: 1,
        path: 'kind',
        message: '"DNS" is written by the installer',
        fix: 'remove it',
      },
    ]);
  });

  it('R12: prints one line for each problem, with a location that terminals and editors open', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'aws-small.yaml');
    const text = standard
      .replace('name: aws-standard', 'name: aws-small')
      .replace('- cidr: 10.0.0.0/16', '- cidr: 10.0.0.0/12');
    writeFileSync(file, text);
    const run = await runCli(['profiles', 'validate', folder], {});
    expect(run.code).toBe(11);
    const [header, line, ...more] = run.stdout.trimEnd().split('\n');
    expect(header).toMatch(/^LOCATION +PROBLEM +FIX$/);
    expect(line?.split(/ {2,}/)).toEqual([
      `${file}:42:7:`,
      'networking.machineNetwork[0].cidr: 10.0.0.0/12 is not a size that AWS accepts for a VPC: /16 to /28',
      'use a network of /16, such as 10.0.0.0/16',
    ]);
    expect(more).toEqual([]);
    expect(run.stderr).toContain('Error: 1 problem in 1 file');
  });

  it('accepts the shipped profiles, and says how many it checked', async () => {
    const run = await runCli(['profiles', 'validate', SHIPPED, '--json'], {});
    expect(run.code, run.stderr).toBe(0);
    expect(JSON.parse(run.stdout).items).toEqual([]);
    expect((await runCli(['profiles', 'validate', SHIPPED], {})).stderr).toBe(
      '4 profiles checked, no problems found\n',
    );
  });

  it('says that a name is taken by a shipped profile, as the server would', async () => {
    const file = join(temporaryFolder(), 'aws-standard.yaml');
    writeFileSync(file, standard);
    const run = await runCli(['profiles', 'validate', file], {});
    expect(run.code).toBe(11);
    expect(run.stdout).toContain(`${file}:1:1:`);
    expect(run.stdout).toContain('name: "aws-standard" is already defined in');
    expect(run.stdout).toContain('choose another name');
  });

  it('says what cannot be read', async () => {
    const folder = temporaryFolder();
    const missing = join(folder, 'missing.yaml');
    const run = await runCli(['profiles', 'validate', missing], {});
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toBe(`Error: cannot read ${missing}: no such file\n`);
    mkdirSync(join(folder, 'empty'));
    expect(await runCli(['profiles', 'validate', join(folder, 'empty')], {})).toMatchObject({
      code: 2,
      stdout: '',
    });
  });
});
