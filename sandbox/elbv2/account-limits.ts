/** DescribeAccountLimits: the quotas by the names of the API reference, "Limit". */
import type { Operations } from './operation.ts';
import { pageOf } from './pages.ts';
import { limitsOf } from './quotas.ts';

export const quotaOperations: Operations = {
  DescribeAccountLimits: {
    params: ['Marker', 'PageSize'],
    writes: false,
    run: ({ input, server }) => {
      const page = pageOf(limitsOf(server.quotas), (_, index) => index, { input, server }, server.pageSize);
      return { Limits: page.items, NextMarker: page.nextMarker };
    },
  },
};
