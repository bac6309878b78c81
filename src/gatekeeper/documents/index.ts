export { type ArchivedFile, packArchive, readArchive } from './archive.ts';
export { CHECKED_KINDS, checkDocument, type DocumentKind } from './check.ts';
export { checkDiskImage, DISK_IMAGE_HEAD_BYTES } from './disk-image.ts';
export { DocumentFault } from './fault.ts';
export { parseStrictJson } from './json.ts';
export { type DocumentRules, documentRulesSchema } from './rules.ts';
export { parseStrictYaml, parseStrictYamlStream } from './yaml.ts';
