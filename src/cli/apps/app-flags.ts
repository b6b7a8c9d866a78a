import { string } from '@oclif/core/flags';
import { requiredArgument } from '../flags/shared-flags.ts';

/** Where a service, a database or a volume is looked for by its name. */
export const locationFlags = (what: 'service' | 'database' | 'volume') => ({
  env: string({
    char: 'e',
    description: `Environment of the ${what} (default: the only one that has it)`,
    helpValue: 'NAME',
  }),
  team: string({ description: `Team of the ${what} (default: any of yours)`, helpValue: 'TEAM' }),
});

export const SERVICE_LOCATION_FLAGS = locationFlags('service');

export const serviceArgument = () => requiredArgument('Name or id of the service');
export const environmentArgument = () => requiredArgument('Name or id of the environment');

export const ENVIRONMENT_TEAM_FLAG = {
  team: string({ description: 'Team of the environment (default: any of yours)', helpValue: 'TEAM' }),
};
