import { accessSection } from '../access/access-section.ts';
import { auditSection } from '../audit/audit-section.ts';
import type { ServerContext } from '../context.ts';
import type { ServerApp } from '../http/server-app.ts';
import { exposureSection } from './exposure-section.ts';
import { mailSection } from './mail-section.ts';
import { outboundSection } from './outbound-section.ts';
import { sectionRoutes } from './section-routes.ts';

/** Every section of `/instance`. */
export function allSections(app: ServerApp, context: ServerContext): void {
  sectionRoutes(app, context, accessSection);
  sectionRoutes(app, context, mailSection);
  sectionRoutes(app, context, outboundSection);
  sectionRoutes(app, context, exposureSection);
  sectionRoutes(app, context, auditSection);
}
