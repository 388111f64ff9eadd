import { ExplorePage } from './explore/explore-page.tsx';
import { OverviewPage } from './overview/overview-page.tsx';
import { SetFrame } from './set/set-frame.tsx';
import { SetPage } from './set/set-page.tsx';
import { SetSettingsPage } from './settings/set-settings-page.tsx';
import { RestorePage } from './wizard/restore-page.tsx';

export interface BackupPagesProps {
  /** Empty: all sets. */
  readonly setId: string;
  readonly tab: string;
  readonly query: URLSearchParams;
}

/** The pages under `/g/:g/backups`. */
export function BackupPages({ setId, tab, query }: BackupPagesProps) {
  if (setId === '') return <OverviewPage />;
  return (
    <SetFrame setId={setId} tab={tab}>
      {(set, reload) => {
        switch (tab) {
          case 'restore':
            return <RestorePage set={set} query={query} />;
          case 'explore':
            return <ExplorePage set={set} query={query} />;
          case 'settings':
            return <SetSettingsPage set={set} onChanged={reload} />;
          default:
            return <SetPage set={set} query={query} onChanged={reload} />;
        }
      }}
    </SetFrame>
  );
}
