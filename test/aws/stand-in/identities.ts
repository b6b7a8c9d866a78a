import { allPages, fromAws, type ResourceKind, requireValue, toAws } from './resource-kind.ts';

const MACHINES_MAY_ASSUME = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});
const MAY_DESCRIBE = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'ec2:Describe*', Resource: '*' }],
});

export const ROLE: ResourceKind = {
  isGlobal: true,
  async list(account) {
    const iam = await account.iam();
    const roles = await allPages(async (Marker) => {
      const { Roles, Marker: next } = await iam.listRoles({ Marker });
      return { items: Roles, next };
    });
    return Promise.all(
      roles.map(async ({ RoleName = '', Arn = '' }) => {
        const { Tags } = await iam.listRoleTags({ RoleName });
        return { id: RoleName, arn: Arn, name: RoleName, tags: fromAws(Tags) };
      }),
    );
  },
  async create(account, { name, tags }) {
    const iam = await account.iam();
    const { Role } = await iam.createRole({
      RoleName: name,
      AssumeRolePolicyDocument: MACHINES_MAY_ASSUME,
      Tags: toAws(tags),
    });
    const PolicyName = name.replace(/-role$/, '-policy');
    await iam.putRolePolicy({ RoleName: name, PolicyName, PolicyDocument: MAY_DESCRIBE });
    return { id: name, arn: requireValue(Role?.Arn, name) };
  },
  async remove(account, { id }) {
    const iam = await account.iam();
    const { PolicyNames = [] } = await iam.listRolePolicies({ RoleName: id });
    for (const PolicyName of PolicyNames) await iam.deleteRolePolicy({ RoleName: id, PolicyName });
    await iam.deleteRole({ RoleName: id });
  },
};

export const INSTANCE_PROFILE: ResourceKind = {
  isGlobal: true,
  async list(account) {
    const iam = await account.iam();
    const profiles = await allPages(async (Marker) => {
      const { InstanceProfiles, Marker: next } = await iam.listInstanceProfiles({ Marker });
      return { items: InstanceProfiles, next };
    });
    return profiles.map(({ InstanceProfileName: name = '', Arn = '', Tags }) => ({
      id: name,
      arn: Arn,
      name,
      tags: fromAws(Tags),
    }));
  },
  async create(account, { name, tags, details }) {
    const iam = await account.iam();
    const profile = { InstanceProfileName: name };
    const { InstanceProfile } = await iam.createInstanceProfile({ ...profile, Tags: toAws(tags) });
    const RoleName = details?.['role'];
    if (RoleName !== undefined) await iam.addRoleToInstanceProfile({ ...profile, RoleName });
    return { id: name, arn: requireValue(InstanceProfile?.Arn, name) };
  },
  async remove(account, { id }) {
    const iam = await account.iam();
    const { InstanceProfile } = await iam.getInstanceProfile({ InstanceProfileName: id });
    for (const { RoleName } of InstanceProfile?.Roles ?? []) {
      await iam.removeRoleFromInstanceProfile({ InstanceProfileName: id, RoleName });
    }
    await iam.deleteInstanceProfile({ InstanceProfileName: id });
  },
};
