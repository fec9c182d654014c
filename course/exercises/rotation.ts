import { type Exercise, verdict } from '../exercise.ts';
import { instancesOf, listed, listenerOf, served, settledTargets } from '../read.ts';
import { noteOf, writeNote } from './note.ts';

const TAG = 'course:rotation';
/** A tag holds 256 characters, an instance id has 19 (EC2 user guide, tag restrictions). */
const MOST = 12;

const begun = async (look: Parameters<typeof noteOf>[0]): Promise<readonly string[]> => {
  const note = await noteOf(look, TAG);
  if (note === undefined) throw new Error('the exercise was not started: run albedo check rotation --begin');
  return note.split(' ');
};

export const rotation: Exercise = {
  name: 'rotation',
  chapter: 12,
  title: 'Rotation',
  task: 'Run albedo check rotation --begin: it notes your instances. Then replace all of them, one at a time, while the service keeps answering.',
  begin: async (look) => {
    const ids = [...new Set((await settledTargets(look)).map(({ id }) => id))];
    if (ids.length === 0) throw new Error('no target is registered');
    await writeNote(look, TAG, ids.slice(0, MOST).join(' '));
    return `Noted: ${ids.slice(0, MOST).join(', ')}. Replace all of them.`;
  },
  criteria: [
    {
      title: 'None of the old instances is registered',
      points: 2,
      look: async (look) => {
        const old = await begun(look);
        const left = (await settledTargets(look)).filter(({ id }) => old.includes(id)).map(({ id }) => id);
        return verdict(
          left.length === 0,
          left.length === 0 ? `${old.length} are gone` : `still there: ${listed(left)}`,
          'Change a field that replaces the instances, such as instanceType, and apply with --under-load.',
        );
      },
    },
    {
      title: 'As many new instances are healthy',
      points: 2,
      look: async (look) => {
        const old = await begun(look);
        const fresh = (await settledTargets(look)).filter(({ id, state }) => state === 'healthy' && !old.includes(id));
        return verdict(
          fresh.length >= old.length,
          `${fresh.length} new instances are healthy, but there were ${old.length} before`,
          'Register as many instances as before, and wait until they are healthy.',
        );
      },
    },
    {
      title: '20 requests reach only new instances',
      points: 1,
      look: async (look) => {
        const old = await begun(look);
        const replies = await look.ask(listenerOf(look), '/', 20);
        const ids = instancesOf(replies);
        return verdict(
          replies.every(served) && ids.length > 0 && !ids.some((id) => old.includes(id)),
          `answered by ${listed(ids)}`,
          'Wait until the old instances are drained.',
        );
      },
    },
  ],
};
