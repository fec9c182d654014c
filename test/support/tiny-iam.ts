/** Server certificates of a tiny AWS. IAM API reference. */

import { ACCOUNT, type Operations, type Store, type Wire } from './tiny-store.ts';

export function iamOperations(store: Store): Operations {
  const { objects, all, add, need, remove, refuse, addTags, dropTags } = store;

  return {
    'iam:ListServerCertificates': ({ PathPrefix }) => ({
      ServerCertificateMetadataList: all('certificate')
        .filter((object) => object.Path.startsWith(PathPrefix))
        .map(({ ServerCertificateName, Arn, Path }) => ({ ServerCertificateName, Arn, Path })),
    }),
    'iam:GetServerCertificate': ({ ServerCertificateName }) => {
      const object = need(`cert:${ServerCertificateName}`, 'NoSuchEntity');
      return {
        ServerCertificate: {
          ServerCertificateMetadata: { ServerCertificateName, Arn: object.Arn, Path: object.Path },
          CertificateBody: object.body,
          Tags: object.Tags,
        },
      };
    },
    'iam:UploadServerCertificate': (input) => {
      const id = `cert:${input.ServerCertificateName}`;
      if (objects.has(id)) refuse('EntityAlreadyExists');
      const object = add('certificate', id, {
        ServerCertificateName: input.ServerCertificateName,
        Path: input.Path,
        Arn: `arn:aws:iam::${ACCOUNT}:server-certificate${input.Path}${input.ServerCertificateName}`,
        body: input.CertificateBody,
        Tags: input.Tags,
      });
      return { ServerCertificateMetadata: { ServerCertificateName: object.ServerCertificateName, Arn: object.Arn, Path: object.Path } };
    },
    'iam:DeleteServerCertificate': ({ ServerCertificateName }) => {
      const object = need(`cert:${ServerCertificateName}`, 'NoSuchEntity');
      if (all('listener').some((listener) => listener.Certificates?.some((entry: Wire) => entry.CertificateArn === object.Arn)))
        refuse('DeleteConflict');
      return remove(object.id);
    },
    'iam:TagServerCertificate': ({ ServerCertificateName, Tags }) => {
      addTags(need(`cert:${ServerCertificateName}`, 'NoSuchEntity'), Tags);
      return {};
    },
    'iam:UntagServerCertificate': ({ ServerCertificateName, TagKeys }) => {
      dropTags(need(`cert:${ServerCertificateName}`, 'NoSuchEntity'), TagKeys);
      return {};
    },
  };
}
