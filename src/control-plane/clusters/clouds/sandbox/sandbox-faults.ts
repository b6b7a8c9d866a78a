import { FAULT_PRESETS, isFaultPreset, presetFaults } from '../../../../sandbox/faults/fault-presets.ts';
import { clearFaults, type FaultState, readFaults, setFaults } from '../../../../sandbox/faults/faults.ts';
import type { CloudFault, CloudFaults } from '../cloud-faults.ts';

/** The faults of the simulated cloud in a folder, where the stand-in installers read them. */
export function sandboxFaults(dir: string): CloudFaults {
  const list = async () => (await readFaults(dir)).map(toFault);
  return {
    presets: () => Object.entries(FAULT_PRESETS).map(([name, { description }]) => ({ name, description })),
    list,
    async replace({ presets, clusterName, times }) {
      const faults = presets
        .filter(isFaultPreset)
        .flatMap((name) => presetFaults(name, { clusterName, times }));
      await clearFaults(dir);
      if (faults.length > 0) await setFaults(dir, faults);
      return list();
    },
  };
}

function toFault({ fault, used }: FaultState): CloudFault {
  const { id = '', preset = null, stage, kind, match, times = null } = fault;
  return { id, preset, stage, kind, clusterName: match?.clusterName ?? null, times, used };
}
