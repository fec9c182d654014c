import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Exercise, verdict } from '../exercise.ts';
import { listed } from '../read.ts';

export const cleanUp: Exercise = {
  name: 'clean-up',
  chapter: 14,
  title: 'A real account, with nothing left in it',
  task: 'Write your account into environment.yaml, apply, look at the stack, and destroy everything again.',
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
            ? `${existsSync(file) ? 'environment.yaml has no account' : 'there is no environment.yaml in the folder of the spec'}`
            : `environment.yaml has …${account.slice(-4)}, but the credentials belong to …${actual.slice(-4)}`;
        return verdict(account === actual, found, 'Write account: "123456789012" with your own twelve digits.');
      },
    },
    {
      title: 'No resource of the stack is left in AWS',
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
