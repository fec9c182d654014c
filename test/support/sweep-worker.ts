/** A process of the sweep with a sandbox of its own: tells which cases there are, then tries those that it is sent, one at a time. */
import { type SweepCase, startSweep } from './sweep.ts';

export type FromWorker =
  | { readonly kind: 'cases'; readonly cases: readonly SweepCase[] }
  | { readonly kind: 'result'; readonly result: import('./sweep.ts').SweepResult }
  | { readonly kind: 'broken'; readonly why: string };

const tell = (message: FromWorker): void => void process.send?.(message);

try {
  const sweep = await startSweep();
  process.on('message', (one: SweepCase | 'end') => {
    if (one === 'end') return void sweep.stop().then(() => process.exit(0));
    sweep.run(one).then(
      (result) => tell({ kind: 'result', result }),
      (thrown: unknown) => tell({ kind: 'broken', why: String(thrown) }),
    );
  });
  // Whoever asked is gone.
  process.on('disconnect', () => void sweep.stop().then(() => process.exit(1)));
  tell({ kind: 'cases', cases: sweep.cases });
} catch (thrown) {
  // Its sandbox ends with it.
  process.send?.(
    { kind: 'broken', why: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) } satisfies FromWorker,
    () => process.exit(1),
  );
}
