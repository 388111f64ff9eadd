import { AlertDetail } from './alert-detail.tsx';
import { AlertsPage } from './alerts-page.tsx';

/** The list of alerts, or one of them. */
export function AlertPages({ alertId, query }: { readonly alertId: string; readonly query: URLSearchParams }) {
  return alertId === '' ? <AlertsPage query={query} /> : <AlertDetail key={alertId} alertId={alertId} />;
}
