import { describe, expect, test } from 'vitest';
import {
  languageTool,
  preferredProgram,
  versionWarning,
} from '../../../../src/control-plane/apps/builder/host/language-version.ts';

describe('the version of a language', () => {
  test.each([
    ['>=18 <23', 'v22.3.0', undefined],
    ['20', 'v20.19.1', undefined],
    ['20.x', 'v22.0.0', 'warning: the source asks for Node.js 20.x, this server has 22.0.0'],
    ['^18.2', 'v20.0.0', 'warning: the source asks for Node.js ^18.2, this server has 20.0.0'],
    ['lts', 'v20.0.0', undefined],
  ])('Node.js %s on %s', (languageVersion, found, warning) => {
    expect(versionWarning({ kind: 'node', languageVersion }, found)).toBe(warning);
  });

  test.each([
    ['>=3.9,<4', 'Python 3.11.2', undefined],
    ['~=3.10', 'Python 3.10.4', undefined],
    ['3.12.1', 'Python 3.11.2', 'warning: the source asks for Python 3.12.1, this server has 3.11.2'],
  ])('Python %s on %s', (languageVersion, found, warning) => {
    expect(versionWarning({ kind: 'python', languageVersion }, found)).toBe(warning);
  });

  test('the program of a version is preferred for Python, and Go finds its own', () => {
    expect(preferredProgram({ kind: 'python', languageVersion: '3.12.1' }, 'python3')).toBe('python3.12');
    expect(preferredProgram({ kind: 'python', languageVersion: '>=3.9' }, 'python3')).toBe('python3');
    expect(preferredProgram({ kind: 'node', languageVersion: '20' }, 'node')).toBe('node');
    expect(languageTool({ kind: 'go', languageVersion: '1.22' })).toBeUndefined();
  });
});
