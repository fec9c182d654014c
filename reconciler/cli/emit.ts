/** `albedo emit`: writes the load of a spec for another system. Reads the stack and changes nothing. */

import { writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { EXIT } from '../errors.ts';
import { requireImage, requireName } from '../load/cluster/names.ts';
import { podsAsked } from '../load/cluster/pod-template.ts';
import { testRunOf, testRunOptions } from '../load/cluster/testrun.ts';
import { scriptVariables } from '../load/k6-command.ts';
import { openForElsewhere } from '../load/open-script.ts';
import { shardsOf } from '../load/shards.ts';
import { loadPlanOf } from './load.ts';
import { print, progressFor, type Shared } from './shell.ts';
import { ensureTools } from './tools.ts';

export interface TestRunFlags {
  readonly shards: number;
  readonly claim: string;
  readonly namespace?: string;
  readonly image?: string;
  readonly separate?: true;
  readonly out?: string;
}

/** A TestRun of the k6 operator and the ConfigMap with the script. */
export async function emitTestRunCommand(path: string, flags: TestRunFlags, shared: Shared): Promise<number> {
  requireName('PersistentVolumeClaim', flags.claim);
  if (flags.namespace !== undefined) requireName('namespace', flags.namespace);
  if (flags.image !== undefined) requireImage(flags.image);
  await ensureTools(['k6'], shared);
  const { plan, named } = await loadPlanOf(path, { shards: flags.shards, startAt: Date.now() }, shared);
  const shards = shardsOf(plan.shards, plan.settings, plan.most);
  const target = { stack: plan.stack, dnsName: plan.dnsName, listeners: [plan.listener], groups: [], hosts: plan.hosts };
  const settings = { ...plan.settings, listener: plan.listener.name };
  const progress = await progressFor(shared);
  const { script, told, k6 } = await openForElsewhere({ target, settings, shards, environment: process.env, emit: progress.emit }).finally(
    progress.stop,
  );
  const objects = testRunOf({
    ...{
      stack: plan.stack,
      shards,
      pods: podsAsked(named.loadPods, flags.image),
      version: k6.version,
      claim: flags.claim,
      separate: flags.separate === true,
    },
    archive: script.archive(testRunOptions(script.options, plan.hosts, shards), scriptVariables(told)),
    ...{ dnsName: plan.dnsName, mapped: Object.keys(told.hosts).length > 0 },
    ...(flags.namespace === undefined ? {} : { namespace: flags.namespace }),
  });
  const text = objects.map((each) => stringify(each, { lineWidth: 0 })).join('---\n');
  if (flags.out === undefined) print(text);
  else writeFileSync(flags.out, text);
  return EXIT.ok;
}
