import assert from 'node:assert/strict';
import { newDownloadAnswer } from '../../src/wire/api/downloads.ts';
import type { Product } from '../support/product.ts';

/** The small settings file of the group, from a link as the page Settings > Download makes it. */
export async function groupSettings(product: Product): Promise<string> {
  const { settingsUrl } = newDownloadAnswer.parse(await product.api('POST', '/downloads', { agent: 'monitoring' }));
  const answer = await fetch(`${settingsUrl}/monitoring-agent.config`);
  assert.equal(answer.status, 200);
  return answer.text();
}
