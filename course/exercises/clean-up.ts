import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Exercise, verdict } from '../exercise.ts';
import { listed } from '../read.ts';

export const cleanUp: Exercise = {
  name: 'clean-up',
  chapter: 14,
  title: 'A real account, and nothing left in it',
  task: 'Name your account in environment.yaml, apply, look at it, and destroy everything again.',
  criteria: [
    {
      title: 'environment.yaml names the account of your credentials',
      points: 1,
      look: async (look) => {
        const file = join(dirname(resolve(look.named.file)), 'environment.yaml');
        const account = existsSync(file) ? /^account:\s*["']?(\d{12})["']?\s*(#.*)?$/m.exec(readFileSync(file, 'utf8'))?.[1] : undefined;
        const actual = await look.account();
        const found =
          account === undefined
            ? `${existsSync(file) ? 'it names no account' : 'there is no environment.yaml beside the spec'}`
            : `it names …${account.slice(-4)}, the credentials are of …${actual.slice(-4)}`;
        return verdict(account === actual, found, 'Write account: "123456789012" with your own twelve digits.');
      },
    },
    {
      title: 'Nothing of the stack is left in AWS',
      points: 3,
      look: (look) =>
        verdict(
          look.live.length === 0,
          look.live.length === 0 ? 'nothing is left' : `still there: ${listed(look.live.map(({ address }) => address))}`,
          'Run albedo destroy.',
        ),
    },
  ],
};
