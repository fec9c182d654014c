import { type Exercise, type Look, verdict } from '../exercise.ts';
import { instancesOf, listed, listenerOf, served } from '../read.ts';

const COUNT = 20;
const browser = (look: Look) => look.once('browser', () => look.ask(listenerOf(look), '/', COUNT + 1, { keepCookies: true }));

export const sticky: Exercise = {
  name: 'sticky',
  chapter: 9,
  title: 'Sticky sessions',
  task: 'Keep each client on one instance with a cookie of the load balancer, for a time between 1 second and 7 days.',
  criteria: [
    {
      title: 'The load balancer sets its cookie',
      points: 1,
      look: async (look) => {
        const names = [...new Set((await browser(look)).flatMap(({ cookies }) => cookies.map((cookie) => cookie.split('=')[0] ?? '')))];
        return verdict(
          names.includes('AWSALB'),
          `cookies: ${listed(names)}`,
          'Set stickiness: { enabled: true, type: lb_cookie, duration: 1d } on the target group.',
        );
      },
    },
    {
      title: `${COUNT} requests with the cookie stay on one instance`,
      points: 3,
      look: async (look) => {
        const replies = (await browser(look)).slice(1);
        const ids = instancesOf(replies);
        return verdict(
          ids.length === 1 && replies.every(served),
          `${replies.filter(served).length} of ${replies.length} were answered, by ${ids.length} instances (${listed(ids)})`,
          'Set stickiness on the target group that the listener forwards to, and apply.',
        );
      },
    },
    {
      title: 'Clients without a cookie still reach both instances',
      points: 1,
      look: async (look) => {
        const ids = instancesOf(await look.ask(listenerOf(look), '/', COUNT));
        return verdict(
          ids.length >= 2,
          `${COUNT} clients reached ${ids.length} instances (${listed(ids)})`,
          'Register two healthy targets.',
        );
      },
    },
  ],
};
