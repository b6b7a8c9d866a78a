#!/usr/bin/env node
import { runInstallerProcess } from './installer/installer-process.ts';

await runInstallerProcess(process.env);
