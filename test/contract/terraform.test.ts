/**
 * Terraform's provider, which knows nothing of albedo, on the sandbox: two configurations through apply, empty plan, change and destroy.
 * Left out by name where Terraform, its provider or the configurations (`../shared/cases`) are not.
 */
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import * as assert from 'uvu/assert';
import { createAuthority } from '../support/certificate-authority.ts';
import { type Bench, changesOf, contractSuite, writesOf } from '../support/contract-bench.ts';
import { applied, imported, planned, withoutAdopt } from '../support/importing.ts';
import { selfSigned } from '../unit/load/self-signed.ts';

const CASES = join(import.meta.dirname, '../../../shared/cases');
const FIXTURES = join(import.meta.dirname, '../fixtures/terraform');
/** `$TF_PLUGINS`, else where Terraform itself looks for a mirror (its CLI documentation, "Implied Local Mirror Directories"). */
const MIRRORS = [process.env['TF_PLUGINS'], join(homedir(), '.terraform.d/plugins'), '/usr/share/terraform/plugins'].filter(
  (folder) => folder !== undefined,
);
const PROVIDER = 'registry.terraform.io/hashicorp/aws';
const MIRROR = MIRRORS.find((folder) => existsSync(join(folder, PROVIDER)));
/** Milliseconds of one run; the provider starts anew for each. */
const LIMIT = 300_000;

interface Ended {
  readonly code: number;
  readonly output: string;
}

function run(args: readonly string[], folder: string, env: NodeJS.ProcessEnv): Promise<Ended> {
  return new Promise((resolve) => {
    execFile('terraform', [...args], { cwd: folder, env, timeout: LIMIT, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, output: `${stdout}\n${stderr}` });
    });
  });
}

/** Why it cannot be run here; undefined when it can. */
async function missing(): Promise<string | undefined> {
  if (MIRROR === undefined) return `the provider ${PROVIDER} is in none of ${MIRRORS.join(', ')} (or set TF_PLUGINS)`;
  const { code } = await run(['version'], tmpdir(), process.env);
  return code === 0 ? undefined : 'terraform is not installed';
}

class Terraform {
  readonly root: string;
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;

  constructor({ sandbox }: Bench) {
    // What the configurations read lies beside their folder.
    this.root = mkdtempSync(join(tmpdir(), 'albedo-terraform-'));
    this.folder = join(this.root, 'configuration');
    mkdirSync(this.folder);
    const config = join(this.root, 'cli.tfrc');
    writeFileSync(config, `provider_installation {\n  filesystem_mirror {\n    path = "${MIRROR}"\n  }\n}\ndisable_checkpoint = true\n`);
    mkdirSync(join(this.root, 'home'));
    this.env = {
      PATH: process.env['PATH'],
      HOME: join(this.root, 'home'),
      TF_CLI_CONFIG_FILE: config,
      TF_IN_AUTOMATION: '1',
      AWS_ENDPOINT_URL: sandbox.endpoint,
      AWS_ACCESS_KEY_ID: 'sandbox',
      AWS_SECRET_ACCESS_KEY: 'sandbox',
      AWS_EC2_METADATA_DISABLED: 'true',
    };
  }

  /** Brings a file into the configuration. */
  use(file: string, name = basename(file)): void {
    copyFileSync(file, join(this.folder, name));
  }

  /** Takes it out again. */
  drop(name: string): void {
    rmSync(join(this.folder, name));
  }

  async do(args: readonly string[], expected = 0): Promise<string> {
    const { code, output } = await run([...args, '-no-color'], this.folder, this.env);
    assert.is(code, expected, `terraform ${args.join(' ')}:\n${output.slice(-6000)}`);
    return output;
  }

  /** Applies, and finds nothing to do afterwards: exit status 0 of `-detailed-exitcode` is an empty plan. */
  async converge(variables: readonly string[] = []): Promise<void> {
    await this.do(['apply', '-auto-approve', '-input=false', ...variables]);
    await this.do(['plan', '-detailed-exitcode', '-input=false', ...variables]);
  }

  end(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

const t = contractSuite('Terraform', {
  dataplane: false,
  timings: { loadBalancerProvisioning: 200, instanceStopping: 200, interfaceLinger: 200, certificateVisible: 0, certificateRelease: 0 },
});
const reason = await missing();

/** Configuration, and the values of variables that change it. */
const LIVES: readonly (readonly [file: string, changes: readonly (readonly string[])[]])[] = [
  ['client-minimal-target-group.tf', []],
  [
    'client-wide.tf',
    [
      ['-var=interval=20', '-var=idle=90', '-var=pa=15', '-var=pb=25', '-var=wA=50'],
      ['-var=tgport=9090', '-var=step=1', '-var=cert=c2'],
    ],
  ],
];

if (reason !== undefined) t(`skipped: ${reason}`, async () => assert.is(await missing(), reason));
else {
  for (const [file, changes] of LIVES) {
    if (!existsSync(join(CASES, file))) {
      t(`skipped: no ${file} in ${CASES}`, () => assert.not.ok(existsSync(join(CASES, file))));
      continue;
    }
    t(`${file}: apply, empty plan, change, destroy`, async (bench) => {
      const authority = await createAuthority('clients');
      bench.sandbox.objects.put('h2-trust', 'ca.pem', authority.pem);
      bench.sandbox.objects.put('h2-trust', 'crl.pem', await authority.crl(2));
      const terraform = new Terraform(bench);
      terraform.use(join(CASES, file), 'main.tf');
      for (const name of ['c1', 'c2', 'c3', 'c4']) {
        const { cert, key } = selfSigned(`${name}.example`);
        writeFileSync(join(terraform.root, `${name}.pem`), cert);
        writeFileSync(join(terraform.root, `${name}.key`), key);
      }
      try {
        await terraform.do(['init', '-input=false']);
        await terraform.converge();
        for (const change of changes) await terraform.converge(change);
        await terraform.do(['destroy', '-auto-approve', '-input=false']);
        const left = Object.entries(bench.sandbox.census()).filter(([, count]) => count > 0);
        assert.equal(left, [], 'left in the account');
      } finally {
        terraform.end();
      }
    });
  }

  t('docs/from-terraform.md: what Terraform made is imported, adopted and forgotten by it, and nothing else changes', async (bench) => {
    const terraform = new Terraform(bench);
    try {
      for (const name of ['shop.tf', 'balancing.tf']) terraform.use(join(FIXTURES, name));
      await terraform.do(['init', '-input=false']);
      await terraform.converge();
      const since = bench.sandbox.calls().length;
      const found = await imported(bench, 'shop');
      assert.equal([found.lost, found.problems, found.differences], [[], [], []]);
      const changes = found.preview?.plan.changes ?? [];
      assert.is(changes.length, 6, 'load balancer, 2 groups, listener, 2 rules');
      assert.ok(changes.every(({ verb, risk }) => verb === 'adopt' && risk === 'none'));
      await applied(bench, found.text, { allowAdopt: true });
      assert.equal([...new Set(writesOf(bench, since))], ['AddTags']);
      // Terraform does not see the tags, and then forgets what it made.
      await terraform.do(['plan', '-detailed-exitcode', '-input=false']);
      terraform.drop('balancing.tf');
      terraform.use(join(FIXTURES, 'forgotten.tf'));
      const done = await terraform.do(['apply', '-auto-approve', '-input=false']);
      assert.match(done, /will no longer be managed by Terraform/);
      assert.not.match(done, /will be destroyed/);
      assert.equal(changesOf((await planned(bench, withoutAdopt(found.text))).plan), []);
      assert.equal([...new Set(writesOf(bench, since))], ['AddTags']);
    } finally {
      terraform.end();
    }
  });
}

t.run();
