// SPDX-License-Identifier: Apache-2.0
// A SCIM 2.0 service that others wrote, for test/scim_test.py: what its harness takes for granted is tried here first.
// Users and groups are kept in memory; says "ready PORT" once it listens.
import express from 'express';
import SCIMMY from 'scimmy';
import SCIMMYRouters from 'scimmy-routers';

function keep(Resource) {
  const kept = new Map();
  let made = 0;
  const stamped = (data, before) => {
    const now = new Date();
    return { ...data, meta: { created: before?.meta.created ?? now, lastModified: now } };
  };
  SCIMMY.Resources.declare(Resource)
    .egress((resource) => {
      if (!resource.id) return resource.filter ? resource.filter.match([...kept.values()]) : [...kept.values()];
      if (!kept.has(resource.id)) throw new SCIMMY.Types.Error(404, null, `${resource.id} is not there`);
      return kept.get(resource.id);
    })
    .ingress((resource, data) => {
      if (resource.id && !kept.has(resource.id)) throw new SCIMMY.Types.Error(404, null, `${resource.id} is not there`);
      const id = resource.id ?? `k${++made}`;
      for (const [other, { userName }] of kept)
        if (other !== id && userName && userName === data.userName) throw new SCIMMY.Types.Error(409, 'uniqueness', 'taken');
      kept.set(id, stamped({ ...JSON.parse(JSON.stringify(data)), id }, kept.get(id)));
      return kept.get(id);
    })
    .degress((resource) => {
      if (!kept.delete(resource.id)) throw new SCIMMY.Types.Error(404, null, `${resource.id} is not there`);
    });
}

keep(SCIMMY.Resources.User);
keep(SCIMMY.Resources.Group);
const app = express();
// It takes a page's numbers as numbers alone, and a query is text.
app.set('query parser', (text) => {
  const asked = Object.fromEntries(new URLSearchParams(text));
  for (const name of ['startIndex', 'count']) if (name in asked) asked[name] = Number(asked[name]);
  return asked;
});
app.use(
  '/scim/v2',
  new SCIMMYRouters({
    type: 'bearer',
    handler: (request) => {
      if (request.header('Authorization') !== 'Bearer reference') throw new Error('not signed in');
      return 'reference';
    },
  }),
);
const server = app.listen(0, '127.0.0.1', () => console.log(`ready ${server.address().port}`));
