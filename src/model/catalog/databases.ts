import type { CatalogMetric } from '../metric.ts';
import { chartOf, each, match, percent } from './define.ts';

const totals = chartOf('dataSize');
const database = chartOf('databaseSize');
const indexes = chartOf('indexUses');
const collections = chartOf('collectionSize');

/** Sizes, from the slower loop over databases and the largest collections. */
export const databaseMetrics: readonly CatalogMetric[] = [
  totals.gauge('data.size', 'bytes', {
    title: 'Data',
    explanation: 'All documents of all databases, before compression; its slope is your growth.',
    source: match('dbStats.*.dataSize'),
    mms: 'DB_DATA_SIZE_TOTAL',
  }),
  totals.gauge('data.storage', 'bytes', {
    title: 'Storage',
    explanation: 'What all collections take on disk, compressed, free space in their files included.',
    source: match('dbStats.*.storageSize'),
    mms: 'DB_STORAGE_TOTAL',
  }),
  totals.gauge('data.indexes', 'bytes', {
    title: 'Indexes',
    explanation: 'What all indexes take on disk; those in use should fit the cache.',
    source: match('dbStats.*.indexSize'),
    mms: 'DB_INDEX_SIZE_TOTAL',
  }),
  totals.gauge('data.objects', 'count', {
    title: 'Documents',
    explanation: 'Documents in all databases; a fall nobody planned is worth a look.',
    source: match('dbStats.*.objects'),
    chart: 'dataObjects',
  }),
  totals.gauge('data.collections', 'count', {
    title: 'Collections',
    explanation: 'Collections in all databases; each costs files and memory, so worry at tens of thousands.',
    source: match('dbStats.*.collections'),
    chart: 'dataCollections',
  }),
  totals.gauge('data.diskUsedPercent', 'percent', {
    title: 'Data disk used',
    explanation: 'Share of the file system that holds the data which is taken; at 100% mongod stops. Worry above 80%.',
    source: percent(match('dbStats.*.fsUsedSize'), match('dbStats.*.fsTotalSize')),
    chart: 'dataDisk',
  }),
  database.gauge('database.dataSize', 'bytes', {
    title: 'Data by database',
    explanation: 'Documents of each database, before compression; shows which one grows.',
    source: each('dbStats.*.dataSize'),
    mms: 'DATABASE_DATA_SIZE',
  }),
  database.gauge('database.storageSize', 'bytes', {
    title: 'Storage by database',
    explanation: 'What the collections of each database take on disk, free space in their files included.',
    source: each('dbStats.*.storageSize'),
    mms: 'DATABASE_STORAGE_SIZE',
  }),
  database.gauge('database.indexSize', 'bytes', {
    title: 'Indexes by database',
    explanation: 'What the indexes of each database take on disk.',
    source: each('dbStats.*.indexSize'),
    mms: 'DATABASE_INDEX_SIZE',
  }),
  database.gauge('database.objects', 'count', {
    title: 'Documents by database',
    explanation: 'Documents in each database.',
    source: each('dbStats.*.objects'),
    mms: 'DATABASE_OBJECT_COUNT',
    chart: 'databaseObjects',
  }),
  database.gauge('database.averageObjectSize', 'bytes', {
    title: 'Average document',
    explanation:
      'Average size of a document in each database; a steady rise often is an array that grows without bound.',
    source: each('dbStats.*.avgObjSize'),
    mms: 'DATABASE_AVERAGE_OBJECT_SIZE',
    chart: 'databaseObjectSize',
  }),
  database.gauge('database.collections', 'count', {
    title: 'Collections by database',
    explanation: 'Collections in each database.',
    source: each('dbStats.*.collections'),
    mms: 'DATABASE_COLLECTION_COUNT',
    chart: 'databaseCollections',
  }),
  database.gauge('database.indexes', 'count', {
    title: 'Number of indexes by database',
    explanation: 'Indexes in each database; every write must change those of its collection.',
    source: each('dbStats.*.indexes'),
    mms: 'DATABASE_INDEX_COUNT',
    chart: 'databaseIndexes',
  }),
  collections.gauge('collection.size', 'bytes', {
    title: 'Data by collection',
    explanation: 'Documents of each of the largest collections, before compression.',
    source: each('collStats.*.*.storageStats.size'),
  }),
  collections.gauge('collection.storageSize', 'bytes', {
    title: 'Storage by collection',
    explanation:
      'What each of the largest collections takes on disk; far above its data means that compact would free space.',
    source: each('collStats.*.*.storageStats.storageSize'),
  }),
  indexes.rate('index.uses', {
    title: 'Uses by index',
    explanation: 'Operations that used each index; one that stays at zero on all members for weeks may be dropped.',
    source: each('indexStats.*.*.*.accesses.ops'),
  }),
];
